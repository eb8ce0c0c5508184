// One private endpoint for each service, registered in the zones of network.bicep.
param location string
param tags object
param networkName string

@description('Ids of the accounts, by the names that private-links.json uses.')
param targets object

var links = loadJsonContent('../private-links.json', 'links')

resource network 'Microsoft.Network/virtualNetworks@2025-07-01' existing = {
  name: networkName
}

resource endpoint 'Microsoft.Network/privateEndpoints@2025-07-01' = [for item in links: {
  name: '${networkName}-${item.name}'
  location: location
  tags: tags
  properties: {
    subnet: { id: '${network.id}/subnets/endpoints' }
    privateLinkServiceConnections: [
      {
        name: item.name
        properties: {
          privateLinkServiceId: targets[item.target]
          groupIds: [item.group]
        }
      }
    ]
  }
}]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-07-01' = [for (item, i) in links: {
  parent: endpoint[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [for zone in item.zones: {
      name: replace(zone, '.', '-')
      properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zone) }
    }]
  }
}]
