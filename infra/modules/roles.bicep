// Every role that Plumbline needs, each on one resource. An administrator can deploy this file alone:
// az deployment group create -g GROUP -f infra/modules/roles.bicep -p @roles.parameters.json (docs/azure.md)
@description('Object id of the app\'s user-assigned identity.')
param appPrincipalId string

@description('Object id of who deploys and operates. Empty: nobody gets the operator\'s role.')
param operatorPrincipalId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'

param storageName string
param cosmosName string
param databaseName string = 'plumbline'
param searchName string
param modelsName string
param insightsName string

@description('Container for the files of `files` sources. Empty: none.')
param filesContainer string = ''

var role = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner: the host's locks and the app's package
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1' // Storage Blob Data Reader: files of `files` sources
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  indexContributor: '8ebe5a00-799e-43f5-93ac-243d3dce84a7' // Search Index Data Contributor
  searchContributor: '7ca78c08-252a-4471-8644-bb5ff32d4ba0' // Search Service Contributor: makes indexes and aliases
  modelUser: '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd' // Cognitive Services OpenAI User
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher
}
var hasOperator = !empty(operatorPrincipalId)

resource storage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' existing = {
  parent: storage
  name: 'default'
}

resource files 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' existing = {
  parent: blobs
  name: empty(filesContainer) ? 'none' : filesContainer // a name is wanted even where nothing is made
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' existing = {
  name: cosmosName
}

resource search 'Microsoft.Search/searchServices@2025-05-01' existing = {
  name: searchName
}

resource models 'Microsoft.CognitiveServices/accounts@2026-05-01' existing = {
  name: modelsName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource appBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, appPrincipalId, role.blobOwner)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.blobOwner)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource appFiles 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(filesContainer)) {
  name: guid(files.id, appPrincipalId, role.blobReader)
  scope: files
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.blobReader)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource appQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, appPrincipalId, role.queueContributor)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.queueContributor)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource appIndex 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(search.id, appPrincipalId, role.indexContributor)
  scope: search
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.indexContributor)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource appModels 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(models.id, appPrincipalId, role.modelUser)
  scope: models
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.modelUser)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource appTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, appPrincipalId, role.metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.metricsPublisher)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// Cosmos DB keeps data roles of its own: 00000000-0000-0000-0000-000000000002 is its Built-in Data Contributor.
resource appData 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-10-15' = {
  parent: cosmos
  name: guid(cosmos.id, appPrincipalId, databaseName)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002'
    principalId: appPrincipalId
    scope: '${cosmos.id}/dbs/${databaseName}'
  }
}

resource operatorIndexes 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasOperator) {
  name: guid(search.id, operatorPrincipalId, role.searchContributor)
  scope: search
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.searchContributor)
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
  }
}
