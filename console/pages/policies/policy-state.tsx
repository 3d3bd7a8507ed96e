import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { timeNow } from '../../api/clock.ts'
import { Time } from '../../components/time.tsx'
import { policies as words } from '../../text/policies.ts'

export const isPaused = ({ policy: { pausedUntil } }: PolicyView, now = timeNow()): boolean =>
  pausedUntil !== undefined && pausedUntil > now

/** Whether it runs by itself. */
export const PolicyState = ({ view }: { view: PolicyView }) => {
  const { policy, deleted } = view
  if (deleted) return <StatusIndicator type="stopped">{words.states.deleted}</StatusIndicator>
  if (!policy.enabled)
    return <StatusIndicator type="stopped">{words.states.disabled}</StatusIndicator>
  if (policy.pausedUntil !== undefined && isPaused(view))
    return (
      <StatusIndicator type="pending">
        {words.pausedUntil} <Time at={policy.pausedUntil} />
      </StatusIndicator>
    )
  return <StatusIndicator type="success">{words.states.enabled}</StatusIndicator>
}
