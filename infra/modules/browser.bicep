// A browser for pages that need their scripts: Chromium and our filtering proxy in one Container App, inside the network.
param location string
param tags object
param environmentName string
param appName string
param workspaceId string

// What must not be empty is refused here: outside of a private network everyone could drive the browser, and without
// its proxy nothing that it asks for is checked.
@description('Subnet of the Container Apps environment: at least /27, delegated to Microsoft.App/environments, used by nothing else.')
@minLength(1)
param subnetId string
@description('The network from which the browser is found by name.')
param networkId string
@description('Image of Selenium\'s standalone-chromium, with its version.')
@minLength(1)
param browserImage string
@description('Image that holds lib/adapters/web and Python; it runs lib.adapters.web.filtering_proxy.')
@minLength(1)
param proxyImage string
@description('Id of a user-assigned identity that may pull from the registry of proxyImage. Empty: nobody signs in there.')
param pullIdentityId string
@description('Pages that are rendered at the same time: each takes about a core and a gigabyte.')
@minValue(1)
@maxValue(2)
param sessions int = 1

var driverPort = 4444
var proxyPort = 3128
var pullIdentity = { '${pullIdentityId}': {} }

// Both containers share one network: the proxy listens on loopback, where only the browser beside it can ask.
resource environment 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: environmentName
  location: location
  tags: tags
  properties: {
    publicNetworkAccess: 'Disabled'
    vnetConfiguration: {
      internal: true
      infrastructureSubnetId: subnetId
    }
    workloadProfiles: [
      { name: 'Consumption', workloadProfileType: 'Consumption' }
    ]
    peerTrafficConfiguration: {
      encryption: { enabled: true }
    }
    appLogsConfiguration: { destination: 'azure-monitor' }
  }
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: appName
  location: location
  tags: tags
  identity: empty(pullIdentityId) ? { type: 'None' } : { type: 'UserAssigned', userAssignedIdentities: pullIdentity }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      registries: empty(pullIdentityId) ? [] : [{ server: split(proxyImage, '/')[0], identity: pullIdentityId }]
      // For pulling only: a page that took the browser over could not ask for this identity's token.
      identitySettings: empty(pullIdentityId) ? [] : [{ identity: pullIdentityId, lifecycle: 'None' }]
      ingress: {
        external: true // to the network; the environment is internal, so nothing is public
        targetPort: driverPort
        transport: 'http'
        allowInsecure: false
        clientCertificateMode: 'ignore'
      }
    }
    template: {
      containers: [
        {
          name: 'browser'
          image: browserImage
          resources: { cpu: json('1.5'), memory: '3Gi' }
          env: [
            { name: 'SE_NODE_MAX_SESSIONS', value: string(sessions) }
            { name: 'SE_NODE_OVERRIDE_MAX_SESSIONS', value: 'true' }
            { name: 'SE_NODE_SESSION_TIMEOUT', value: '120' }
            { name: 'SE_SESSION_REQUEST_TIMEOUT', value: '60' }
            { name: 'SE_START_VNC', value: 'false' }
            { name: 'SE_START_NO_VNC', value: 'false' }
            { name: 'SE_START_XVFB', value: 'false' }
            { name: 'SE_OFFLINE', value: 'true' }
            { name: 'SE_ENABLE_TRACING', value: 'false' }
          ]
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/status', port: driverPort }
              periodSeconds: 2
              failureThreshold: 60
            }
            {
              type: 'Liveness'
              httpGet: { path: '/status', port: driverPort }
              periodSeconds: 30
              failureThreshold: 3
            }
          ]
        }
        {
          name: 'proxy'
          image: proxyImage
          command: ['python', '-m', 'lib.adapters.web.filtering_proxy']
          args: ['--host', '127.0.0.1', '--port', string(proxyPort)]
          resources: { cpu: json('0.5'), memory: '1Gi' }
        }
      ]
      scale: {
        minReplicas: 0
        maxReplicas: 1 // a session lives in one replica
        cooldownPeriod: 300
        rules: [
          {
            name: 'one-at-a-time'
            http: { metadata: { concurrentRequests: '10' } }
          }
        ]
      }
    }
  }
}

module names 'browser-names.bicep' = {
  name: 'browser-names'
  params: {
    tags: tags
    domain: environment.properties.defaultDomain
    address: environment.properties.staticIp
    networkId: networkId
    linkName: environmentName
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: environment
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'ContainerAppConsoleLogs', enabled: true }
      { category: 'ContainerAppSystemLogs', enabled: true }
    ]
  }
}

output url string = 'https://${app.properties.configuration.ingress.fqdn}'
output proxyUrl string = 'http://127.0.0.1:${proxyPort}'
