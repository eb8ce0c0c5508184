// The models: an Azure OpenAI (Foundry) account without keys, and one deployment for each model, named after it.
param location string
param tags object
param name string

@description('[{ name, version, sku, capacity }]; the name of a deployment is that of its model.')
param deployments array
param isPrivate bool
param workspaceId string

resource account 'Microsoft.CognitiveServices/accounts@2026-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'AIServices'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    restrictOutboundNetworkAccess: true
    allowedFqdnList: []
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow' }
  }
}

// One after the other: deployments made at the same time on one account get in each other's way (409).
@batchSize(1)
resource deployment 'Microsoft.CognitiveServices/accounts/deployments@2026-05-01' = [for item in deployments: {
  parent: account
  name: item.name
  sku: { name: item.sku, capacity: item.capacity }
  properties: {
    model: { format: 'OpenAI', name: item.name, version: item.version }
    versionUpgradeOption: 'NoAutoUpgrade'
  }
}]

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: account
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'Audit', enabled: true }
    ]
    metrics: [
      { category: 'AllMetrics', enabled: true }
    ]
  }
}

output id string = account.id
output endpoint string = 'https://${name}.openai.azure.com/openai/v1/'
