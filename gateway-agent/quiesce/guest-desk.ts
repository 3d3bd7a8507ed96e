import { randomUUID } from 'node:crypto'
import { GUEST_WAIT_MS, type GuestAnswer, type GuestCommand } from '#core/contracts/guest-api.ts'
import type { FreezeRequest, Frozen, QuiesceProvider } from './provider.ts'

/** Milliseconds. */
export interface DeskPatience {
  /** For an agent to fetch a command: it may be between two calls. */
  fetch: number
  /** For a freeze, beyond the time that it may hold: a database writes its buffers first. */
  freeze: number
  thaw: number
}

const PATIENCE: DeskPatience = { fetch: GUEST_WAIT_MS + 10_000, freeze: 120_000, thaw: 15_000 }

interface Waiting {
  command: GuestCommand
  fetched(): void
  answered(answer: GuestAnswer): void
}

/** Where guest agents fetch what they are asked to do and tell what became of it. */
export interface GuestDesk {
  /** Asks one guest. */
  provider(guest: string): QuiesceProvider
  /**
   * The oldest command of a guest that has no answer yet, again where it was fetched before: the reply may have got lost.
   * @returns nothing when the signal ends first, or another call of the same guest takes its place
   */
  next(guest: string, signal: AbortSignal): Promise<GuestCommand | undefined>
  /** @returns whether somebody waited for it */
  answer(guest: string, answer: GuestAnswer): boolean
}

/** Commands are few and short-lived, so all of it is in memory: a guest whose gateway dies thaws by itself. */
export const createGuestDesk = (patience: DeskPatience = PATIENCE): GuestDesk => {
  const waiting = new Map<string, Waiting[]>()
  const listening = new Map<string, () => void>()
  const queueOf = (guest: string) => waiting.get(guest) ?? []

  /** @throws Error with a clause as its message */
  const ask = async <A extends GuestAnswer['to']>(
    guest: string,
    command: GuestCommand & { command: A },
    limit: number,
    signal?: AbortSignal,
  ): Promise<Extract<GuestAnswer, { to: A }>> => {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<GuestAnswer>()
    const give = (why: string) => () => reject(new Error(why))
    const notFetched = `its guest agent has not called for ${Math.round(patience.fetch / 1000)} s`
    const late = `its guest agent did not answer within ${Math.round(limit / 1000)} s`
    let timer = setTimeout(give(notFetched), patience.fetch)
    let isFetched = false
    const entry: Waiting = {
      command,
      fetched: () => {
        if (isFetched) return
        isFetched = true
        clearTimeout(timer)
        timer = setTimeout(give(late), limit)
      },
      answered: resolve,
    }
    const onAbort = () => reject(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    waiting.set(guest, [...queueOf(guest), entry])
    listening.get(guest)?.()
    try {
      return (await promise) as Extract<GuestAnswer, { to: A }>
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      const left = queueOf(guest).filter(other => other !== entry)
      if (left.length > 0) waiting.set(guest, left)
      else waiting.delete(guest)
    }
  }

  const thaw = async (guest: string, lease: string): ReturnType<Frozen['thaw']> => {
    try {
      const answer = await ask(guest, { command: 'thaw', lease }, patience.thaw)
      return answer.held ? { held: true } : { held: false, why: answer.why }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return { held: false, why: `the guest did not confirm that it had held still (${why})` }
    }
  }

  const freeze = async (guest: string, { seconds, signal }: FreezeRequest): Promise<Frozen> => {
    const lease = randomUUID()
    const limit = patience.freeze + seconds * 1_000
    const answer = await ask(guest, { command: 'freeze', lease, seconds }, limit, signal).catch(
      error => {
        // It may be frozen by now, or be about to. Nobody waits for that: it thaws by itself, too.
        void thaw(guest, lease)
        throw error
      },
    )
    if (!answer.frozen) throw new Error(`its guest agent did not freeze it: ${answer.why}`)
    return {
      consistency: answer.consistency,
      seconds: Math.min(seconds, answer.seconds),
      thaw: () => thaw(guest, lease),
    }
  }

  return {
    provider: guest => ({ freeze: request => freeze(guest, request) }),
    async next(guest, signal) {
      listening.get(guest)?.()
      if (queueOf(guest).length === 0) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const wake = () => resolve()
        listening.set(guest, wake)
        signal.addEventListener('abort', wake, { once: true })
        if (signal.aborted) wake()
        await promise
        signal.removeEventListener('abort', wake)
        if (listening.get(guest) === wake) listening.delete(guest)
      }
      if (signal.aborted) return undefined
      const [oldest] = queueOf(guest)
      oldest?.fetched()
      return oldest?.command
    },
    answer: (guest, answer) => {
      const entry = queueOf(guest).find(
        ({ command }) => command.command === answer.to && command.lease === answer.lease,
      )
      entry?.answered(answer)
      return entry !== undefined
    },
  }
}
