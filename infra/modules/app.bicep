// The function app on Flex Consumption, its settings, and the sign-in in front of it.
param location string
param tags object
param name string
param planName string
param identityId string
param identityClientId string
param packageContainerUrl string
param instanceMemoryMB int
param maximumInstanceCount int
param httpAlwaysReady int
param functionAlwaysReady array
param httpConcurrency int
param zoneRedundant bool
param subnetId string
param entraClientId string
param entraTenantId string
param baseUrl string

@description('Settings that depend on other resources, by name.')
param settings object
param workspaceId string

// The one list of app settings; tests compare it with lib/settings.py, local.settings.json.example and the manual.
var listed = loadJsonContent('../app-settings.json', 'fixed')
var hasSignIn = !empty(entraClientId)

// What the platform refuses on Flex Consumption must not be here: azd and the worker bring it themselves.
var own = {
  BASE_URL: empty(baseUrl) ? 'https://${app.properties.defaultHostName}' : baseUrl
}
// Signing in without a secret: the app's identity vouches for the Entra application (`dev.py azure register`).
var signIn = {
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
  WEBSITE_AUTH_AAD_ALLOWED_TENANTS: entraTenantId
}
var httpReady = httpAlwaysReady == 0 ? [] : [{ name: 'http', instanceCount: httpAlwaysReady }]

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: concat(httpReady, functionAlwaysReady)
        triggers: {
          http: { perInstanceConcurrency: httpConcurrency }
        }
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(listed, own, settings, hasSignIn ? signIn : {})
}

resource authentication 'Microsoft.Web/sites/config@2024-11-01' = if (hasSignIn) {
  parent: app
  name: 'authsettingsV2'
  dependsOn: [appSettings]
  properties: {
    platform: {
      enabled: true
      runtimeVersion: '~1'
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: ['/api/health/live', '/api/health/ready']
    }
    httpSettings: {
      requireHttps: true
      forwardProxy: { convention: 'NoProxy' }
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: entraClientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${entraTenantId}/v2.0'
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
        }
        validation: {
          allowedAudiences: [entraClientId, 'api://${entraClientId}']
        }
      }
    }
    login: {
      tokenStore: { enabled: false }
      preserveUrlFragmentsForLogins: true
    }
  }
}

// No user name and password for publishing: deployments sign in with Entra ID.
resource scmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource ftpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource metrics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: app
  properties: {
    workspaceId: workspaceId
    metrics: [
      { category: 'AllMetrics', enabled: true }
    ]
  }
}

output name string = app.name
output url string = own.BASE_URL
output hostName string = app.properties.defaultHostName
