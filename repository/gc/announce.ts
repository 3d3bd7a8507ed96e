import type { ObjectStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { COLLECTED } from '../format/bootstrap.ts'
import { changeBootstrap } from '../keys/bootstrap.ts'

/** Before the first plan: versions that know no collector must not write here from now on. */
export const announceCollector = async (
  { keys }: Pick<Engine, 'keys'>,
  store: ObjectStore,
): Promise<void> => {
  await changeBootstrap(keys, store, bootstrap => {
    const { features } = bootstrap
    if (features.readOnlyCompatible.includes(COLLECTED)) return undefined
    const readOnlyCompatible = [...features.readOnlyCompatible, COLLECTED].sort()
    return { ...bootstrap, features: { ...features, readOnlyCompatible } }
  })
}
