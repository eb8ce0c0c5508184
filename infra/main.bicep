// Plumbline in one resource group. docs/azure.md says how to deploy it; `python3 dev.py test` checks these files.
targetScope = 'resourceGroup'

// ---- names and place -------------------------------------------------------------------------------------------
@description('Short name of this installation: it is part of the name of every resource.')
@minLength(2)
@maxLength(16)
param environmentName string
@description('Region of everything; the models must be offered there.')
param location string = resourceGroup().location
@description('Tags of every resource, besides those that azd needs.')
param tags object = {}

// ---- who may do what -------------------------------------------------------------------------------------------
@description('Object id of the person or pipeline that deploys: gets the one role that `dev.py azure init` needs. Empty: nobody.')
param operatorPrincipalId string = ''
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'
@description('False leaves every role assignment out: an administrator then deploys modules/roles.bicep alone.')
param assignRoles bool = true
@description('Client id of the Entra application (`dev.py azure register`). Empty: the app answers 401 to everything.')
param entraClientId string = ''
@description('Tenant whose people sign in.')
param entraTenantId string = tenant().tenantId

// ---- the function app ------------------------------------------------------------------------------------------
@description('Where people reach the app, without a final slash. Empty: its own azurewebsites.net address.')
param baseUrl string = ''
@description('Contact named in the crawler\'s User-Agent: a URL or an address.')
param contact string = ''
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048
@description('Most instances of each function group (all HTTP is one group; every queue, feed and timer function is its own).')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40
@description('HTTP instances that are always ready; 0 saves the idle cost and brings cold starts back.')
@minValue(0)
param httpAlwaysReady int = 1
@description('Always-ready instances of single functions: [{ name: \'function:build_features\', instanceCount: 1 }].')
param functionAlwaysReady array = []
@description('Requests that one instance works on at the same time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 16
@description('Threads for functions of one instance: at least batchSize + newBatchThreshold of host.json.')
@minValue(12)
param threads int = 32
@description('App settings to change or add, by name: docs/settings.md lists them.')
param appSettings object = {}

// ---- sources ---------------------------------------------------------------------------------------------------
@description('Container in the storage account for the files of `files` sources, which the app may read. Empty: none.')
@maxLength(63)
param filesContainer string = ''
@description('Secrets that sources name: for each name (`secret:NAME`) the address of a secret in a Key Vault, never its value.')
#disable-next-line secure-secrets-in-params // addresses
param sourceSecrets object = {}
@description('Image of Selenium\'s standalone-chromium, for pages that need their scripts. Empty: no browser. Without privateNetworking it is refused.')
param browserImage string = ''
@description('Image of infra/browser/Dockerfile, the browser\'s only way to the network. Given with browserImage, or neither is.')
param browserProxyImage string = ''
@description('Id of a user-assigned identity with AcrPull on the registry of browserProxyImage. Empty: it is pulled without signing in.')
param browserPullIdentityId string = ''

// ---- models ----------------------------------------------------------------------------------------------------
@description('Answers questions: deployment of this name, version, SKU and capacity (thousands of tokens a minute).')
param chatModel object = { name: 'gpt-5.4-mini', version: '2026-03-17', sku: 'GlobalStandard', capacity: 50 }
@description('Judges answers in evaluations; another size than the chat model, so that it does not grade itself.')
param judgeModel object = { name: 'gpt-5.4', version: '2026-03-05', sku: 'GlobalStandard', capacity: 20 }
@description('Embeds chunks and questions. Another model or length makes a new feature set.')
param embeddingModel object = { name: 'text-embedding-3-large', version: '1', sku: 'GlobalStandard', capacity: 200 }
@minValue(256)
@maxValue(3072)
param embeddingDimensions int = 1024

// ---- stores ----------------------------------------------------------------------------------------------------
@description('0: Cosmos DB serverless (about 1 million chunks). Otherwise autoscale: highest RU/s that the containers share.')
@minValue(0)
param cosmosAutoscaleMaxRu int = 0
@allowed(['Continuous7Days', 'Continuous30Days'])
param backupTier string = 'Continuous7Days'
@allowed(['basic', 'standard', 'standard2', 'standard3', 'storage_optimized_l1', 'storage_optimized_l2'])
param searchSku string = 'basic'
@minValue(1)
@maxValue(12)
param searchReplicas int = 1
@minValue(1)
@maxValue(12)
param searchPartitions int = 1
@description('The semantic ranker orders what words found; `free` has a monthly limit, `standard` is billed by query.')
@allowed(['disabled', 'free', 'standard'])
param semanticRanker string = 'disabled'
@description('Compression of vectors in the index, with rescoring; a change makes a new index necessary.')
@allowed(['none', 'scalar', 'binary'])
param vectorQuantization string = 'none'
@description('Spread storage, Cosmos DB and the app over availability zones, where the region has them.')
param zoneRedundant bool = false

// ---- network ---------------------------------------------------------------------------------------------------
@description('True: stores and models are reached through private endpoints only. The app itself keeps its public address.')
param privateNetworking bool = false
@description('Addresses of the app\'s subnet, of the private endpoints and of the browser (at least /27), when privateNetworking is on.')
param appSubnetPrefix string = '10.42.0.0/24'
param endpointsSubnetPrefix string = '10.42.1.0/24'
param browserSubnetPrefix string = '10.42.2.0/26'
@description('Id of a NAT gateway for the way out of the crawler and the browser when privateNetworking is on. Empty: the platform\'s own way.')
param natGatewayId string = ''

// ---- how long things are kept ----------------------------------------------------------------------------------
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30
@minValue(1)
param conversationTtlDays int = 30
@minValue(1)
param snapshotTtlDays int = 365
@minValue(90)
param tombstoneTtlDays int = 90
@description('How long deleted blobs (the app\'s packages) can be brought back, days.')
@minValue(1)
@maxValue(365)
param blobRetentionDays int = 14

// ---- watching --------------------------------------------------------------------------------------------------
@description('Addresses that get alerts. Empty: alerts are shown in the portal only.')
param alertEmails array = []
@description('An alert if the 95th percentile from fetching a page to its being searchable is longer, seconds.')
param freshnessAlertS int = 900
@description('An alert if the 95th percentile of HTTP answers is longer, milliseconds.')
param latencyAlertMs int = 10000
@description('Budget of this resource group a month, in the billing currency. 0: none.')
@minValue(0)
param monthlyBudget int = 0
@description('First day of the budget: the first of a month, yyyy-MM-dd. It cannot be changed later.')
param budgetStart string = '2026-12-01'
@description('Keys for telemetry, besides Entra ID. Only for finding out why no telemetry arrives.')
param telemetryLocalAuth bool = false

// ---- what is made of it ----------------------------------------------------------------------------------------
var suffix = uniqueString(resourceGroup().id, environmentName, location)
var allTags = union(tags, { 'azd-env-name': environmentName, application: 'plumbline' })
var names = {
  identity: 'id-${environmentName}-${suffix}'
  storage: 'st${suffix}'
  cosmos: 'cosmos-${environmentName}-${suffix}'
  search: 'srch-${environmentName}-${suffix}'
  models: 'ai-${environmentName}-${suffix}'
  app: 'func-${environmentName}-${suffix}'
  plan: 'plan-${environmentName}-${suffix}'
  workspace: 'log-${environmentName}-${suffix}'
  insights: 'appi-${environmentName}-${suffix}'
  network: 'vnet-${environmentName}-${suffix}'
  browserEnvironment: 'cae-${environmentName}-${suffix}'
  browser: 'browser-${suffix}'
}
var database = 'plumbline'

var hasBrowser = !empty(browserImage) || !empty(browserProxyImage)

// lib/adapters/web/secrets.py reads `secret:NAME` from SOURCE_NAME, where the platform puts the secret. JSON, because
// checkov cannot read toObject().
var references = [for item in items(sourceSecrets): '"SOURCE_${item.key}":"@Microsoft.KeyVault(SecretUri=${item.value})"']
var sourceReferences = json('{${join(references, ',')}}')

// Values that this deployment decides; app-settings.json lists their names, and all other settings.
var deployed = {
  AzureWebJobsStorage__blobServiceUri: storage.outputs.blobEndpoint
  AzureWebJobsStorage__queueServiceUri: storage.outputs.queueEndpoint
  AzureWebJobsStorage__clientId: identity.properties.clientId
  COSMOS__accountEndpoint: cosmos.outputs.endpoint
  COSMOS__clientId: identity.properties.clientId
  AZURE_CLIENT_ID: identity.properties.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: observability.outputs.connectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  PYTHON_THREADPOOL_THREAD_COUNT: string(threads)
  COSMOS_DATABASE: database
  SEARCH_ENDPOINT: search.outputs.endpoint
  SEARCH_QUANTIZATION: vectorQuantization
  SEARCH_SEMANTIC: semanticRanker == 'disabled' ? 'false' : 'true'
  EMBEDDING_ENDPOINT: models.outputs.endpoint
  EMBEDDING_MODEL: embeddingModel.name
  EMBEDDING_DIMENSIONS: string(embeddingDimensions)
  CHAT_ENDPOINT: models.outputs.endpoint
  CHAT_MODEL: chatModel.name
  CONTACT: contact
  CONVERSATION_TTL_DAYS: string(conversationTtlDays)
  SNAPSHOT_TTL_DAYS: string(snapshotTtlDays)
  TOMBSTONE_TTL_DAYS: string(tombstoneTtlDays)
  BROWSER_URL: hasBrowser ? browser!.outputs.url : ''
  BROWSER_PROXY_URL: hasBrowser ? browser!.outputs.proxyUrl : ''
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: names.identity
  location: location
  tags: allTags
}

module observability 'modules/observability.bicep' = {
  name: 'observability'
  params: {
    location: location
    tags: allTags
    workspaceName: names.workspace
    insightsName: names.insights
    retentionDays: logRetentionDays
    localAuth: telemetryLocalAuth
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  name: 'network'
  params: {
    location: location
    tags: allTags
    name: names.network
    appPrefix: appSubnetPrefix
    endpointsPrefix: endpointsSubnetPrefix
    browserPrefix: browserSubnetPrefix
    natGatewayId: natGatewayId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    location: location
    tags: allTags
    name: names.storage
    isPrivate: privateNetworking
    zoneRedundant: zoneRedundant
    blobRetentionDays: blobRetentionDays
    filesContainer: filesContainer
    workspaceId: observability.outputs.workspaceId
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  params: {
    location: location
    tags: allTags
    name: names.cosmos
    database: database
    autoscaleMaxRu: cosmosAutoscaleMaxRu
    backupTier: backupTier
    isPrivate: privateNetworking
    zoneRedundant: zoneRedundant
    workspaceId: observability.outputs.workspaceId
  }
}

module search 'modules/search.bicep' = {
  name: 'search'
  params: {
    location: location
    tags: allTags
    name: names.search
    sku: searchSku
    replicas: searchReplicas
    partitions: searchPartitions
    semanticRanker: semanticRanker
    isPrivate: privateNetworking
    workspaceId: observability.outputs.workspaceId
  }
}

module models 'modules/models.bicep' = {
  name: 'models'
  params: {
    location: location
    tags: allTags
    name: names.models
    deployments: [chatModel, judgeModel, embeddingModel]
    isPrivate: privateNetworking
    workspaceId: observability.outputs.workspaceId
  }
}

module endpoints 'modules/private-endpoints.bicep' = if (privateNetworking) {
  name: 'private-endpoints'
  params: {
    location: location
    tags: allTags
    networkName: names.network
    targets: {
      storage: storage.outputs.id
      cosmos: cosmos.outputs.id
      search: search.outputs.id
      models: models.outputs.id
    }
  }
  dependsOn: [network]
}

module roles 'modules/roles.bicep' = if (assignRoles) {
  name: 'roles'
  params: {
    appPrincipalId: identity.properties.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    storageName: names.storage
    cosmosName: names.cosmos
    databaseName: database
    searchName: names.search
    modelsName: names.models
    insightsName: names.insights
    filesContainer: filesContainer
  }
  dependsOn: [observability, storage, cosmos, search, models]
}

module browser 'modules/browser.bicep' = if (hasBrowser) {
  name: 'browser'
  params: {
    location: location
    tags: allTags
    environmentName: names.browserEnvironment
    appName: names.browser
    subnetId: privateNetworking ? network!.outputs.browserSubnetId : ''
    networkId: privateNetworking ? network!.outputs.networkId : ''
    browserImage: browserImage
    proxyImage: browserProxyImage
    pullIdentityId: browserPullIdentityId
    workspaceId: observability.outputs.workspaceId
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    location: location
    tags: allTags
    name: names.app
    planName: names.plan
    identityId: identity.id
    identityClientId: identity.properties.clientId
    packageContainerUrl: storage.outputs.packageContainerUrl
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpAlwaysReady: httpAlwaysReady
    functionAlwaysReady: functionAlwaysReady
    httpConcurrency: httpConcurrency
    zoneRedundant: zoneRedundant
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
    entraClientId: entraClientId
    entraTenantId: entraTenantId
    baseUrl: baseUrl
    settings: union(deployed, sourceReferences, appSettings)
    workspaceId: observability.outputs.workspaceId
  }
  dependsOn: [endpoints, roles]
}

module watch 'modules/watch.bicep' = {
  name: 'watch'
  params: {
    location: location
    tags: allTags
    environmentName: environmentName
    insightsId: observability.outputs.insightsId
    alertEmails: alertEmails
    freshnessAlertS: freshnessAlertS
    latencyAlertMs: latencyAlertMs
    monthlyBudget: monthlyBudget
    budgetStart: budgetStart
  }
}

// ---- what commands and hooks need: azd hands these on as environment variables ---------------------------------
output APP_NAME string = app.outputs.name
output APP_URL string = app.outputs.url
output APP_IDENTITY_PRINCIPAL_ID string = identity.properties.principalId
output STORAGE_ACCOUNT string = names.storage
output COSMOS_ACCOUNT string = names.cosmos
output COSMOS__accountEndpoint string = cosmos.outputs.endpoint
output AzureWebJobsStorage__queueServiceUri string = storage.outputs.queueEndpoint
output SEARCH_SERVICE string = names.search
output SEARCH_ENDPOINT string = search.outputs.endpoint
output MODELS_ACCOUNT string = names.models
output EMBEDDING_ENDPOINT string = models.outputs.endpoint
output EMBEDDING_MODEL string = embeddingModel.name
output EMBEDDING_DIMENSIONS int = embeddingDimensions
output CHAT_ENDPOINT string = models.outputs.endpoint
output CHAT_MODEL string = chatModel.name
output INSIGHTS_NAME string = names.insights
