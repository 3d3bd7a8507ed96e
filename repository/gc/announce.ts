import type { ObjectStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import type { Bootstrap } from '../format/bootstrap.ts'
import { changeBootstrap } from '../keys/bootstrap.ts'

/**
 * Before something is begun that versions without this feature would misunderstand: they must not write here, or not even read, from
 * now on.
 */
export const announceFeature = async (
  { keys }: Pick<Engine, 'keys'>,
  store: ObjectStore,
  kind: Exclude<keyof Bootstrap['features'], 'compatible'>,
  name: string,
): Promise<void> => {
  await changeBootstrap(keys, store, bootstrap => {
    const { features } = bootstrap
    if (features[kind].includes(name)) return undefined
    return { ...bootstrap, features: { ...features, [kind]: [...features[kind], name].sort() } }
  })
}
