import type { Client } from '#core/contracts/client.ts'
import type { Named } from './kinds.ts'

/** A name, and what it is. */
export interface Candidate {
  value: string
  about: string
}

/** One page of each list. VMs may be many more: of them those that hold what was typed. */
const query = { limit: 1_000 }

const vmNames = async (client: Client, typed: string): Promise<string[]> => {
  const search = typed.trim().slice(0, 255)
  const { items } = await client.call('listVms', {
    query: { ...query, ...(search && { search }) },
  })
  return items.map(({ name }) => name)
}

/**
 * Asks XenKeep for names.
 * @param typed what stands at the cursor
 * @throws whatever the call throws
 */
export const namesFrom: Readonly<
  Record<Named, (client: Client, typed: string) => Promise<Candidate[]>>
> = {
  vm: async (client, typed) =>
    (await vmNames(client, typed)).map(value => ({ value, about: 'virtual machine' })),
  policy: async client =>
    (await client.call('listPolicies', { query })).items.map(({ policy }) => ({
      value: policy.name,
      about: 'policy',
    })),
  gateway: async client =>
    (await client.call('listGateways', { query })).items.map(({ name }) => ({
      value: name,
      about: 'gateway',
    })),
  guest: async client =>
    (await client.call('listGuests', { query })).items.map(({ name }) => ({
      value: name,
      about: 'guest',
    })),
  channel: async client =>
    (await client.call('listChannels', { query })).items.map(({ name }) => ({
      value: name,
      about: 'channel',
    })),
  // Ids of points say nothing to anybody; the newest of a VM is what is meant most often.
  point: async (client, typed) =>
    (await vmNames(client, typed.replace(/^l(a(t(e(s(t:?)?)?)?)?)?/, ''))).map(name => ({
      value: `latest:${name}`,
      about: 'newest recovery point',
    })),
  run: async client =>
    (await client.call('listRuns', { query: { limit: 20 } })).items.map(
      ({ runId, kind, state }) => ({
        value: runId,
        about: `${kind}, ${state}`,
      }),
    ),
  token: async client =>
    (await client.call('listTokens', { query })).items
      .filter(({ revoked }) => revoked === undefined)
      .map(({ tokenId, name }) => ({ value: tokenId, about: name })),
}
