import { join } from 'node:path'
import { ulid } from 'ulid'
import { systemClock } from '#adapters/system/clock.ts'
import { type Client, createClient } from '#core/contracts/client.ts'
import type { ControlSettings } from '#core/contracts/settings.ts'
import { keptText } from '../kept-text.ts'
import type { Log } from '../log.ts'
import { createAuthorize } from './authorize.ts'
import { baseUrlOf, fetchAt } from './base-url.ts'
import { createControlPlanes } from './control-planes.ts'
import { type Identity, loadIdentity } from './identity.ts'

/** How a gateway, or the agent in a guest, is known to its control plane, and how it calls there. */
export interface Connection {
  /** Folder of what it keeps. */
  gatewayDir: string
  identityFile: string
  identity: Identity
  /** Empty until it is enrolled. */
  gatewayId: () => string
  client: Client
  /** The same calls, signed with another key. */
  clientWith: (privateKey: Identity['privateKey']) => Client
  baseUrl: () => Promise<string>
  /** Of the regions, as far as it has heard. */
  epoch: () => number
}

/**
 * @param own of the settings of the gateway, or of the guest
 * @throws `IDENTITY_UNREADABLE`
 */
export const connect = async (
  dataDir: string,
  control: ControlSettings,
  own: {
    controlUrl?: string | undefined
    controlPlanes?: string[] | undefined
    failoverAfterSeconds: number
  },
  log: Log,
): Promise<Connection> => {
  const gatewayDir = join(dataDir, 'gateway')
  const identityFile = join(gatewayDir, 'identity.json')
  const identity = await loadIdentity(identityFile)
  const ownControlPlane = baseUrlOf({
    controlUrl: own.controlUrl,
    endpointFile: join(dataDir, 'control', 'endpoint.json'),
    fallback: `http://${control.host}:${control.port}`,
  })
  const controlPlanes = await createControlPlanes({
    urls: own.controlPlanes?.map(url => async () => url) ?? [ownControlPlane],
    memory: keptText(join(gatewayDir, 'regions.json')),
    patienceMs: own.failoverAfterSeconds * 1_000,
    clock: systemClock,
    log,
  })
  const { baseUrl, epoch } = controlPlanes
  const firstUrl = await baseUrl()
  const clientAs = (signer: Pick<Identity, 'gatewayId' | 'privateKey'>) =>
    controlPlanes.following(
      createClient({
        baseUrl: firstUrl,
        fetch: controlPlanes.listening(fetchAt(baseUrl, fetch)),
        authorize: createAuthorize({ identity: signer, clock: systemClock, ulid, epoch }),
      }),
    )
  return {
    ...{ gatewayDir, identityFile, identity, baseUrl, epoch },
    gatewayId: () => identity.gatewayId ?? '',
    client: clientAs(identity),
    clientWith: privateKey => clientAs({ gatewayId: identity.gatewayId, privateKey }),
  }
}
