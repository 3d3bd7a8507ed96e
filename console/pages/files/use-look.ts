import { useCallback, useEffect, useRef, useState } from 'react'
import { ulid } from 'ulid'
import { newReader } from '#core/contracts/sealed-answers.ts'
import { useApi } from '../../api/context.tsx'
import { isOpen } from '../../api/open-run.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { files } from '../../text/files.ts'
import type { OpenLook } from './answer.ts'
import { lookOf } from './look.ts'

/** Where the page came from, browsers offer no cryptography (W3C Secure Contexts). */
class InsecureContextError extends Error {
  readonly code = 'CONTEXT_INSECURE'
  readonly advice = files.look.insecureAdvice
  readonly retryable = false
  constructor() {
    super(files.look.insecure)
  }
}

/** How often a look is looked at until a gateway has it in hand, in ms: somebody waits. */
const SOON_MS = 1_000

/**
 * A look at the files of a point, from its beginning until the person leaves; whoever leaves ends it. Its key never leaves this function's memory.
 * @param atOnce whether it begins by itself
 */
export const useLook = (pointId: string, atOnce: boolean) => {
  const { client } = useApi()
  const { tellProblem } = useNotices()
  const [attempt, setAttempt] = useState(atOnce ? 1 : 0)
  const [open, setOpen] = useState<OpenLook>()
  const [error, setError] = useState<unknown>()
  /** The run that is to be cancelled by whoever leaves. */
  const running = useRef<string>(undefined)

  const cancel = useCallback(
    async (runId: string | undefined): Promise<void> => {
      if (runId === undefined) return
      await client.call('cancelRun', { params: { runId }, idempotencyKey: ulid(), keepalive: true })
      // Not before: where it failed, whoever presses again or leaves closes it.
      if (running.current === runId) running.current = undefined
    },
    [client],
  )

  useEffect(() => {
    if (attempt === 0) return undefined
    let isLeft = false
    const leave = () => {
      isLeft = true
      void cancel(running.current).catch(() => undefined) // it ends by itself
    }
    const begin = async () => {
      if (!isSecureContext) throw new InsecureContextError()
      const { publicKey, privateKey } = await newReader()
      const { runId } = await client.call('startRun', {
        body: { kind: 'files', pointId, publicKey },
        idempotencyKey: ulid(),
      })
      if (isLeft) return cancel(runId)
      running.current = runId
      setOpen({ runId, privateKey })
    }
    begin().catch(failure => {
      if (!isLeft) setError(failure)
    })
    addEventListener('pagehide', leave)
    return () => {
      removeEventListener('pagehide', leave)
      leave()
    }
  }, [attempt, pointId, client, cancel])

  const {
    data: seen,
    error: unseen,
    refetch,
  } = useCall(
    'getRun',
    { params: { runId: open?.runId ?? '' }, query: { limit: 1 } },
    {
      enabled: open !== undefined,
      every: reply => {
        if (!reply || reply.run.runId !== open?.runId) return SOON_MS
        if (!isOpen(reply.run)) return false
        return reply.jobs[0]?.state === 'leased' ? LIVE.list : SOON_MS
      },
    },
  )
  const look = lookOf({ begun: attempt > 0, runId: open?.runId, error, seen })
  useEffect(() => {
    if (look.state === 'ended') running.current = undefined
  }, [look.state])

  return {
    look,
    /** Where questions may be asked now. */
    asking: look.state === 'ready' ? open : undefined,
    /** Why it is not known how it stands. */
    unseen: open === undefined ? null : unseen,
    begin: useCallback(() => {
      setError(undefined)
      setOpen(undefined)
      setAttempt(now => now + 1)
    }, []),
    end: () =>
      void cancel(running.current)
        .catch(failure => tellProblem(files.look.endFailed, failure))
        .then(() => refetch()),
  }
}
