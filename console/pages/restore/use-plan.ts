import { useEffect, useState } from 'react'
import { LIVE, useCall, useDeed } from '../../api/use-call.ts'
import { isOpen } from '../../api/use-run.ts'
import type { requestOf } from './draft.ts'

export interface RestorePlan {
  isBusy: boolean
  /** How far the gateway is with looking, while it looks. */
  line?: string | undefined
  /** What would be done, in the order of the work. */
  steps?: readonly string[] | undefined
  /** Whether somebody has to agree, in a sentence. */
  approval?: string | undefined
  /** What was thrown, or why the gateway would refuse it. */
  error: unknown
  again: () => void
}

/**
 * What a restore would do: a run that only plans, made anew for each other request.
 * @param request a restore with `planOnly`; left out while something is missing
 * @param wanted whether the plan is to be seen now
 */
export const usePlan = (
  request: ReturnType<typeof requestOf> | undefined,
  wanted: boolean,
): RestorePlan => {
  const key = JSON.stringify(request)
  const [planned, setPlanned] = useState<{ key: string; runId: string }>()
  const { mutate, error, isPending, reset } = useDeed('startRun')
  const [asked, setAsked] = useState<string>()
  const ask = () => {
    if (!request) return
    setAsked(key)
    reset()
    mutate({ body: request }, { onSuccess: ({ runId }) => setPlanned({ key, runId }) })
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each request, and again only when asked to
  useEffect(() => {
    if (wanted && asked !== key) ask()
  }, [wanted, key])
  const runId = planned !== undefined && planned.key === key ? planned.runId : undefined
  const look = useCall(
    'getRun',
    { params: { runId: runId ?? '' } },
    {
      every: reply => (reply && !isOpen(reply.run) ? false : LIVE.run),
      enabled: runId !== undefined,
    },
  )
  // What was looked at before stays until the next answer.
  const data = look.data !== undefined && look.data.run.runId === runId ? look.data : undefined
  const outcome = data?.jobs[0]?.outcome
  const ended = data !== undefined && !isOpen(data.run)
  const refused = outcome?.status === 'failed' ? outcome.problem : data?.run.problem
  const failure = error ?? (runId === undefined ? undefined : look.error) ?? refused
  return {
    isBusy: isPending || (runId !== undefined && !ended && !look.error),
    line: data?.run.line,
    steps: ended && outcome?.status === 'planned' ? outcome.steps : undefined,
    approval: data?.run.approvalForetold,
    error: asked === key ? (failure ?? undefined) : undefined,
    again: ask,
  }
}
