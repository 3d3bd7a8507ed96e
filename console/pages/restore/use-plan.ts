import { useEffect, useState } from 'react'
import { isOpen } from '../../api/open-run.ts'
import { LIVE, useCall, useDeed } from '../../api/use-call.ts'
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
 * What a restore would do: a run that only plans. Each set of choices is planned once; who goes back and forth sees the plan again that they have seen.
 * @param request a restore with `planOnly`; left out while something is missing
 * @param wanted whether the plan is to be seen now
 */
export const usePlan = (
  request: ReturnType<typeof requestOf> | undefined,
  wanted: boolean,
): RestorePlan => {
  const key = JSON.stringify(request)
  /** The run that planned each request, as far as one was asked for. */
  const [planned, setPlanned] = useState<Readonly<Record<string, string | undefined>>>({})
  const { mutateAsync, error, isPending, reset } = useDeed('startRun')
  const [asked, setAsked] = useState<string>()
  const ask = () => {
    if (!request) return
    setAsked(key)
    reset()
    const set = (runId: string | undefined) => setPlanned(before => ({ ...before, [key]: runId }))
    set(undefined)
    mutateAsync({ body: request }).then(
      ({ runId }) => set(runId),
      () => undefined, // told as `error`
    )
  }
  const runId = planned[key]
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each request, and again only when asked to
  useEffect(() => {
    if (wanted && runId === undefined && asked !== key) ask()
  }, [wanted, key])
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
  const failure =
    (asked === key ? error : null) ?? (runId === undefined ? null : look.error) ?? refused
  return {
    isBusy: (isPending && asked === key) || (runId !== undefined && !ended && !look.error),
    line: data?.run.line,
    steps: ended && outcome?.status === 'planned' ? outcome.steps : undefined,
    approval: data?.run.approvalForetold,
    error: failure ?? undefined,
    again: ask,
  }
}
