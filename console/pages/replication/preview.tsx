import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { useSettled } from '../../components/settled.ts'
import { Sign } from '../../components/sign.tsx'
import { defineReplica as words } from '../../text/replication.ts'
import type { requestOf } from './definition.ts'

/** What the definition would do, asked for whenever it changes. */
export const Preview = ({ request }: { request: ReturnType<typeof requestOf> }) => {
  const settled = useSettled(request ?? null)
  const { data, error, refetch } = useCall(
    'previewReplica',
    { body: settled ?? { vm: '-', pool: '-' } },
    { every: false, enabled: settled !== null },
  )
  if (!request || settled === null)
    return <Box color="text-body-secondary">{words.previewNeeds}</Box>
  if (error)
    return <ProblemAlert error={error} title={words.previewFailed} onRetry={() => void refetch()} />
  if (!data) return <Sign type="loading">{words.previewing}</Sign>
  return (
    <SpaceBetween size="s">
      <ol aria-label={words.preview}>
        {data.steps.map(step => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {data.notes.length > 0 && (
        <div>
          <Box variant="awsui-key-label">{words.notes}</Box>
          <ul>
            {data.notes.map(note => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </div>
      )}
    </SpaceBetween>
  )
}
