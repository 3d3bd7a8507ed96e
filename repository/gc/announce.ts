import type { ObjectStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { bootstrapMacInput, COLLECTED, encodeBootstrap } from '../format/bootstrap.ts'
import { bootstrapName, parseBootstrapName } from '../format/names.ts'
import { readBootstrap } from '../open.ts'
import { putOnce } from '../write/put-once.ts'

/** Before the first plan: versions that know no collector must not write here from now on. */
export const announceCollector = async (
  { keys }: Pick<Engine, 'keys'>,
  store: ObjectStore,
): Promise<void> => {
  const { bootstrap, key } = await readBootstrap(store)
  const { features } = bootstrap
  if (features.readOnlyCompatible.includes(COLLECTED)) return
  const readOnlyCompatible = [...features.readOnlyCompatible, COLLECTED].sort()
  const next = { ...bootstrap, features: { ...features, readOnlyCompatible } }
  const mac = keys.bootstrapMac(bootstrapMacInput(next))
  // Two collectors at once write the same bytes.
  await putOnce(store, bootstrapName((parseBootstrapName(key) as number) + 1), [
    encodeBootstrap({ ...next, mac }),
  ])
}
