// What tells people: alerts, a budget, and a workbook that shows the pipeline at a glance.
param location string
param tags object
param environmentName string
param insightsId string
param alertEmails array
param freshnessAlertS int
param latencyAlertMs int
param monthlyBudget int
param budgetStart string

// Shared with the telemetry of the app: a test compares the names.
var metric = loadJsonContent('../metrics.json')
var rules = [
  {
    name: 'dead-letters'
    title: 'Plumbline: a message was set aside'
    about: 'A document or a crawl slice kept failing. `GET /api/admin/dead-letters` has the reason; replay it after the fix.'
    severity: 2
    query: 'requests | where operation_Name in ("set_aside_features", "set_aside_crawl")'
    threshold: 0
    windows: 1
  }
  {
    name: 'freshness'
    title: 'Plumbline: changes become searchable late'
    about: 'The 95th percentile from fetching a page to its being searchable is above the limit: look at queues, throttling and feed lag.'
    severity: 3
    query: 'customMetrics | where name == "${metric.freshness}" and tostring(customDimensions.statistic) == "p95" and valueMax > ${freshnessAlertS}'
    threshold: 0
    windows: 3
  }
  {
    name: 'feed-lag'
    title: 'Plumbline: the change feed stands still'
    about: 'No heartbeat was relayed for ten minutes: changes and deletions do not reach the index.'
    severity: 1
    query: 'customMetrics | where name == "${metric.feed_lag}" and valueMax > 600'
    threshold: 0
    windows: 2
  }
  {
    name: 'errors'
    title: 'Plumbline: requests fail'
    about: 'More than ten HTTP answers with status 500 or above in a quarter of an hour.'
    severity: 2
    query: 'requests | where operation_Name == "http" or name startswith "http" | where toint(resultCode) >= 500'
    threshold: 10
    windows: 1
  }
  {
    name: 'latency'
    title: 'Plumbline: answers are slow'
    about: 'The 95th percentile of HTTP requests is above the limit.'
    severity: 3
    query: 'requests | where operation_Name == "http" or name startswith "http" | summarize p95 = percentile(duration, 95) | where p95 > ${latencyAlertMs}'
    threshold: 0
    windows: 2
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertEmails)) {
  name: 'plumbline-${environmentName}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'plumbline'
    emailReceivers: [for (address, i) in alertEmails: {
      name: 'address-${i}'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: 'plumbline-${environmentName}-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: rule.title
    description: rule.about
    severity: rule.severity
    enabled: true
    scopes: [insightsId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: rule.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: rule.windows
            minFailingPeriodsToAlert: rule.windows
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(alertEmails) ? [] : [people.id]
    }
  }
}]

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = if (monthlyBudget > 0) {
  name: 'plumbline-${environmentName}'
  properties: {
    category: 'Cost'
    amount: monthlyBudget
    timeGrain: 'Monthly'
    timePeriod: { startDate: '${budgetStart}T00:00:00Z' }
    notifications: {
      forecast: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: alertEmails
        contactRoles: ['Owner']
      }
      spent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: alertEmails
        contactRoles: ['Owner']
      }
    }
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, environmentName, 'pipeline')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Plumbline (${environmentName})'
    category: 'workbook'
    sourceId: insightsId
    serializedData: loadTextContent('../workbook.json')
  }
}
