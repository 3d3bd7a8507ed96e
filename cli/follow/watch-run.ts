import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '#core/contracts/client.ts'
import { ContactLostError } from '../errors.ts'
import { ExitCode, exitCodeOf } from '../exit-codes.ts'
import { type EndedPages, fetchRun, type RunSnapshot } from './fetch-run.ts'

/** How often a run is looked at, and how long a control plane that does not answer is waited for (it may be restarting). */
const POLL_MS = 400
const LONGEST_POLL_MS = 5_000
const PATIENCE_SECONDS = 120

/**
 * Yields the run as it stands, again and again, the last time when it has ended. A control plane that goes away in
 * between is waited for: runs survive its restart.
 * @param silent told once each time the control plane stops answering
 * @throws `CONTROL_PLANE_UNREACHABLE` after two minutes of silence; the reason of `signal` when that is aborted
 */
export async function* watchRun(
  client: Client,
  runId: string,
  { signal, silent, now }: { signal: AbortSignal; silent: () => void; now: () => number },
): AsyncGenerator<RunSnapshot> {
  let lastAnswer = now()
  let told = false
  const known: EndedPages = new Map()
  for (;;) {
    const asked = now()
    const snapshot = await fetchRun(client, runId, signal, known).catch(error => {
      signal.throwIfAborted()
      if (exitCodeOf(error) !== ExitCode.unreachable) throw error
      if (now() - lastAnswer > PATIENCE_SECONDS * 1_000)
        throw new ContactLostError(runId, PATIENCE_SECONDS, error)
      return undefined
    })
    if (snapshot) {
      lastAnswer = now()
      told = false
      yield snapshot
      if (snapshot.run.state !== 'running') return
    } else if (!told) {
      told = true
      silent()
    }
    // A run of thousands of jobs is looked at less often: the control plane has its gateways to answer.
    const pause = Math.min(LONGEST_POLL_MS, Math.max(POLL_MS, 3 * (now() - asked)))
    await sleep(pause, undefined, { signal })
  }
}
