import { asXenkeepError } from '#core/errors/base.ts'
import { FeatureNotEnabledError } from '#core/errors/repository.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import type { Bootstrap } from '../format/bootstrap.ts'
import { changeBootstrap } from '../keys/bootstrap.ts'

/** By the store, or by the control plane that lends rights for it: bootstraps are the owner's. */
const REFUSALS: ReadonlySet<string> = new Set(['STORE_DENIED', 'STORE_READ_ONLY'])

/**
 * Before something is begun that versions without this feature would misunderstand: they must not write here, or not even read, from
 * now on.
 * @returns `false`: it is there already
 * @throws `FEATURE_NOT_ENABLED` where it is not there yet, and this session may not write it
 */
export const announceFeature = async (
  { keys }: Pick<Engine, 'keys'>,
  store: ObjectStore,
  kind: Exclude<keyof Bootstrap['features'], 'compatible'>,
  name: string,
): Promise<boolean> => {
  try {
    let isNew = true
    await changeBootstrap(keys, store, bootstrap => {
      const { features } = bootstrap
      isNew = !features[kind].includes(name)
      if (!isNew) return undefined
      return { ...bootstrap, features: { ...features, [kind]: [...features[kind], name].sort() } }
    })
    return isNew
  } catch (error) {
    if (!REFUSALS.has(asXenkeepError(error).code)) throw error
    throw new FeatureNotEnabledError(store.address, name, error)
  }
}
