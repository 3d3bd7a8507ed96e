import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { PreviewPolicyReply } from '#core/contracts/policies-api.ts'
import { ProblemAlert } from '../../../components/problem-alert.tsx'
import { RetentionCalendar } from '../../../components/retention-calendar/lazy.tsx'
import { keep } from '../../../text/policy-wizard/keep.ts'
import { summary } from '../../../text/policy-wizard/summary.ts'
import { when } from '../../../text/policy-wizard/when.ts'
import type { Preview } from './use-preview.ts'

/** What of one VM would be there later, and what a change makes expire. */
export const KeptPreview = ({
  preview: { data, error, isReady, refetch },
}: {
  preview: Preview
}) => {
  if (!isReady) return <Box color="text-body-secondary">{when.nextUnknown}</Box>
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  if (!data) return <StatusIndicator type="loading">{summary.loading}</StatusIndicator>
  const { kept } = data
  return (
    <SpaceBetween size="m">
      <Shortened preview={data} />
      {kept ? (
        <>
          <Box>{keep.madeKept(kept.made, kept.points.length)}</Box>
          <RetentionCalendar points={kept.points} timeZone={kept.timeZone} />
        </>
      ) : (
        <Box color="text-body-secondary">{keep.noSchedule}</Box>
      )}
    </SpaceBetween>
  )
}

/** What a change takes away from points that are there, and who may save it. */
export const Shortened = ({
  preview: { shortened, expiresNow },
}: {
  preview: Pick<PreviewPolicyReply, 'shortened' | 'expiresNow'>
}) => (
  <>
    {shortened.length > 0 && (
      <Alert type="warning" header={keep.shortened}>
        {shortened.join('; ')}.{' '}
        {expiresNow ? keep.expires(expiresNow) : expiresNow === 0 ? keep.none : ''}
      </Alert>
    )}
    {shortened.length === 0 && expiresNow !== undefined && expiresNow > 0 && (
      <Alert type="warning" header={keep.expiresTitle}>
        {keep.expires(expiresNow)}
      </Alert>
    )}
  </>
)
