import { useEffect, useState } from 'react'
import { useSearch } from 'wouter'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { restore as words } from '../../text/restore.ts'
import { type Draft, EMPTY } from './draft.ts'
import { RestoreWizard } from './restore-wizard.tsx'

/** `?point=ID`: the point that is chosen already. What was chosen lives here until the restore is started. */
export const Page = () => {
  const asked = new URLSearchParams(useSearch()).get('point') ?? undefined
  const [draft, setDraft] = useState<Draft>(EMPTY)
  const { data, error, refetch } = useCall(
    'listPoints',
    { query: { ...(asked !== undefined && { point: asked }) } },
    { every: false, enabled: asked !== undefined },
  )
  const preselected = data?.items.find(({ pointId }) => pointId === asked)
  useEffect(() => {
    if (preselected) setDraft(now => (now.point ? now : { ...now, point: preselected }))
  }, [preselected])
  return (
    <>
      {error && (
        <ProblemAlert
          error={error}
          title={words.point.preselected}
          onRetry={() => void refetch()}
        />
      )}
      <RestoreWizard draft={draft} change={members => setDraft(now => ({ ...now, ...members }))} />
    </>
  )
}
