// The truth: one account, one database, all containers. Code never makes a container, and nobody has a key.
param location string
param tags object
param name string
param database string
param autoscaleMaxRu int
param backupTier string
param isPrivate bool
param zoneRedundant bool
param workspaceId string

// Shared with lib/adapters/azure/cosmos_containers.py: a test compares the two.
var containers = loadJsonContent('../cosmos-containers.json')

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: zoneRedundant
      }
    ]
    capabilities: autoscaleMaxRu == 0 ? [{ name: 'EnableServerless' }] : []
    // Strong: a denial that was acknowledged is seen by every reader (design rule 1). One region makes that possible.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    enableAutomaticFailover: false
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: backupTier }
    }
  }
}

resource sqlDatabase 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-10-15' = {
  parent: account
  name: database
  properties: {
    resource: { id: database }
    options: autoscaleMaxRu == 0 ? {} : { autoscaleSettings: { maxThroughput: autoscaleMaxRu } }
  }
}

@batchSize(1)
resource container 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-10-15' = [for item in containers: {
  parent: sqlDatabase
  name: item.name
  properties: {
    resource: {
      id: item.name
      partitionKey: {
        paths: [item.partition_key]
        kind: 'Hash'
        version: 2
      }
      defaultTtl: item.default_ttl // null: no item ever expires
      indexingPolicy: {
        automatic: true
        indexingMode: 'consistent'
        includedPaths: [for path in item.included_paths: { path: path }]
        excludedPaths: [for path in item.excluded_paths: { path: path }]
      }
    }
  }
}]

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: account
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      { category: 'ControlPlaneRequests', enabled: true }
      { category: 'PartitionKeyRUConsumption', enabled: true }
    ]
    metrics: [
      { category: 'Requests', enabled: true }
    ]
  }
}

output id string = account.id
output endpoint string = account.properties.documentEndpoint
