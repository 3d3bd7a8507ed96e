import * as gateway from '../gateway-api.ts'
import { ListPoolsReply } from '../pools-api.ts'
import { PageQuery } from '../runs-api.ts'
import * as people from '../vms-api.ts'
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
  listPools: {
    method: 'GET',
    path: '/v1/pools',
    summary: 'Lists the pools with their hosts, storage repositories and networks.',
    audience: 'person',
    role: 'viewer',
    query: PageQuery,
    body: Nothing,
    reply: ListPoolsReply,
  },
  listVms: {
    method: 'GET',
    path: '/v1/vms',
    summary:
      'Lists the virtual machines of all pools, or their custom templates: searched, narrowed and sorted.',
    audience: 'person',
    role: 'viewer',
    query: people.ListVmsQuery,
    body: Nothing,
    reply: people.ListVmsReply,
  },
  getVm: {
    method: 'GET',
    path: '/v1/vms/{vmUuid}',
    summary:
      'Tells of one virtual machine: disks, policies and why, points in short, holds, last jobs.',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: people.GetVmReply,
  },
} as const satisfies Routes
