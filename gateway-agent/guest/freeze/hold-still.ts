import type { GuestAnswer, GuestCommand } from '#core/contracts/guest-api.ts'
import type { FreezeSettings } from '#core/contracts/guest-settings.ts'
import type { Log } from '../../log.ts'
import type { GuestWork } from '../guest-work.ts'
import type { Freezer, FrozenMounts } from './freezer.ts'

/** This machine, held still under a lease. */
interface Held {
  lease: string
  leftMs(): number
  /** @returns why it did not hold still all the time, a clause */
  letGo(): Promise<string | undefined>
}

export interface HoldStill {
  /** Does one command; never throws. The same again is answered as the first time. */
  answer(command: GuestCommand, signal: AbortSignal): Promise<GuestAnswer>
  isHolding(): boolean
  /** Lets this machine go on, for good. */
  close(): Promise<void>
}

/** Answers that are given again where a command comes again, since the reply may have got lost. */
const REMEMBERED = 20
/** Characters of a clause (core/contracts/guest-api.ts). */
const LONGEST = 400

/**
 * Does what the gateway asks: applications first (recipes), then file systems; the other way round to let them go. No longer than the settings allow, whatever is
 * asked for.
 */
export const createHoldStill = ({
  settings,
  freezer,
  work,
  notMounted,
  log,
}: {
  /** As they stand now. */
  settings: () => Promise<FreezeSettings | undefined>
  freezer: Pick<Freezer, 'freeze'>
  work: Pick<GuestWork, 'holdStill'>
  /** Which of these are no mount points. */
  notMounted: (paths: readonly string[]) => Promise<string[]>
  log: Log
}): HoldStill => {
  const known = new Map<string, GuestAnswer>()
  let held: Held | undefined

  const freeze = async (
    { lease, seconds }: Extract<GuestCommand, { command: 'freeze' }>,
    signal: AbortSignal,
  ): Promise<GuestAnswer> => {
    if (held) throw new Error('another freeze lasts')
    const allowed = await settings()
    if (!allowed) throw new Error('its settings do not allow it any more')
    const { mounts, recipes } = allowed
    const strange = await notMounted(mounts)
    if (strange.length > 0)
      throw new Error(`its settings name ${strange.join(', ')}, which is no mount point now`)
    log.info(`The gateway asks this machine to hold still for ${seconds} s.`)
    const ms = Math.min(seconds, allowed.seconds) * 1_000
    held = await hold({ lease, ms, mounts, recipes }, signal)
    return {
      ...{ to: 'freeze', lease, frozen: true },
      seconds: Math.max(0.001, held.leftMs() / 1_000),
      consistency: recipes.length > 0 ? 'application' : 'file-system',
    }
  }

  const hold = async (
    {
      lease,
      ms,
      mounts,
      recipes,
    }: { lease: string; ms: number } & Pick<FreezeSettings, 'mounts' | 'recipes'>,
    signal: AbortSignal,
  ): Promise<Held> => {
    const still: { recipe: string; release: () => Promise<string | undefined> }[] = []
    const release = async (): Promise<string[]> => {
      const whys: string[] = []
      for (const { recipe, release } of still.toReversed()) {
        const why = await release()
        if (why !== undefined) whys.push(`the recipe "${recipe}" could not be released: ${why}`)
      }
      for (const why of whys) log.error(`After holding still, ${why}`)
      return whys
    }
    let frozen: FrozenMounts | undefined
    const from = performance.now()
    try {
      for (const recipe of recipes)
        still.push({ recipe, release: (await work.holdStill(recipe, signal)).release })
      if (mounts.length > 0) frozen = await freezer.freeze({ lease, mounts, ms })
    } catch (error) {
      await release()
      throw error
    }
    const until = mounts.length > 0 ? performance.now() + (frozen?.leftMs() ?? 0) : from + ms
    let going: Promise<string | undefined> | undefined
    const letGo = (because?: string): Promise<string | undefined> => {
      clearTimeout(timer)
      going ??= (async () => {
        const thawed = await frozen?.thaw()
        const [unreleased] = await release()
        held = undefined
        log.info('This machine goes on.')
        return because ?? thawed ?? unreleased
      })()
      return going
    }
    const timer = setTimeout(() => void letGo('its time was over'), until - performance.now())
    return { lease, leftMs: () => Math.max(0, until - performance.now()), letGo: () => letGo() }
  }

  const thaw = async (lease: string): Promise<GuestAnswer> => {
    const why =
      held?.lease === lease
        ? await held.letGo()
        : 'it was not frozen under this lease, or its time was over'
    return why === undefined
      ? { to: 'thaw', lease, held: true }
      : { to: 'thaw', lease, held: false, why: why.slice(0, LONGEST) }
  }

  const answer: HoldStill['answer'] = async (command, signal) => {
    const key = `${command.command} ${command.lease}`
    const before = known.get(key)
    if (before) return before
    const made =
      command.command === 'thaw'
        ? await thaw(command.lease)
        : await freeze(command, signal).catch((error): GuestAnswer => {
            const why = error instanceof Error ? error.message : String(error)
            log.warn(`This machine was not held still: ${why}.`)
            const { lease } = command
            return {
              to: 'freeze',
              lease,
              frozen: false,
              why: (why || 'it failed').slice(0, LONGEST),
            }
          })
    known.set(key, made)
    const [oldest] = known.keys()
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest)
    return made
  }

  return {
    answer,
    isHolding: () => held !== undefined,
    close: async () => {
      await held?.letGo()
    },
  }
}
