import type { Method } from '#core/contracts/methods.ts'
import { MethodUnavailableError } from '#core/errors/methods.ts'
import { asSentence } from '../sentences.ts'
import { plainWorth } from '../xapi/snapshot/vm-snapshot.ts'
import { memory } from './memory.ts'
import type { TakeByMethod } from './method.ts'
import { offline } from './offline.ts'
import { quiesced } from './quiesced.ts'

const methods: Record<Method, TakeByMethod> = {
  normal: ({ pool, snapshot }) => pool.snapshotVm(snapshot),
  quiesced,
  memory,
  offline,
}

/**
 * Takes a snapshot by the method that was chosen; where that cannot be had and `crash` was allowed, a plain one that says so.
 * @throws `METHOD_UNAVAILABLE`, `VM_NOT_STARTED`, and what `snapshotVm` throws
 */
export const takeByMethod: TakeByMethod = async options => {
  const { pool, choice, snapshot, tell } = options
  tell('taking a snapshot')
  try {
    return await methods[choice.method](options)
  } catch (error) {
    if (!(error instanceof MethodUnavailableError) || choice.fallback !== 'crash') throw error
    tell('taking a snapshot')
    return pool.snapshotVm({
      ...snapshot,
      worth: ({ powerState }) => ({
        ...plainWorth(powerState),
        weakerBecause: asSentence(error.why),
      }),
    })
  }
}
