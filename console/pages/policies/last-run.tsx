import type { PolicyView } from '#core/contracts/policies-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { RunState } from '../../components/run/run-state.tsx'
import { Ago } from '../../components/time.tsx'
import { policies as words } from '../../text/policies.ts'

/** How its newest run went, and the way there. */
export const LastRun = ({ view: { lastRun } }: { view: PolicyView }) => {
  if (!lastRun) return words.neverRan
  return (
    <>
      <RunState state={lastRun.state} />{' '}
      <PageLink to={`/runs/${lastRun.runId}`}>
        <Ago at={lastRun.started} />
      </PageLink>
    </>
  )
}
