// The index. It only proposes: what it holds can be filled again from Cosmos DB.
param location string
param tags object
param name string
param sku string
param replicas int
param partitions int
param semanticRanker string
param isPrivate bool
param workspaceId string

resource service 'Microsoft.Search/searchServices@2025-05-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    replicaCount: replicas
    partitionCount: partitions
    hostingMode: 'Default'
    disableLocalAuth: true
    semanticSearch: semanticRanker
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkRuleSet: { bypass: 'None' }
  }
}

// Metrics only: the operation log would hold people's questions.
resource metrics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: service
  properties: {
    workspaceId: workspaceId
    metrics: [
      { category: 'AllMetrics', enabled: true }
    ]
  }
}

output id string = service.id
output endpoint string = 'https://${name}.search.windows.net'
