import * as gateway from '../gateway-api.ts'
import * as people from '../runs-api.ts'
import { Nothing, type Routes } from './route.ts'

export const inventoryRoutes = {
  putInventory: {
    method: 'PUT',
    path: '/v1/gateways/{gatewayId}/inventory',
    summary: 'Tells what a gateway sees in its pools.',
    audience: 'gateway',
    query: Nothing,
    body: gateway.InventoryRequest,
    reply: gateway.InventoryReply,
  },
  listVms: {
    method: 'GET',
    path: '/v1/vms',
    summary: 'Lists the virtual machines of all pools, or their custom templates.',
    audience: 'person',
    role: 'viewer',
    query: people.ListVmsQuery,
    body: Nothing,
    reply: people.ListVmsReply,
  },
} as const satisfies Routes
