import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useEffect, useState } from 'react'
import { problemOf } from '../../api/problem.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { files } from '../../text/files.ts'
import type { Reading } from './use-reading.ts'

const words = files.list

/** After which the seconds are counted for somebody who waits. */
const PATIENCE_SECONDS = 5

/** How a place is read, until it is there. */
export const ReadingState = ({
  where,
  reading,
  again,
}: {
  where: string
  reading: Reading
  again: () => void
}) => {
  if (reading.state === 'failed')
    return <ProblemAlert error={reading.error} title={words.failed(where)} onRetry={again} />
  if (reading.state !== 'reading') return null
  const { trouble } = reading.progress
  return (
    <SpaceBetween size="xs">
      <StatusIndicator type="loading">{words.loading(where)}</StatusIndicator>
      <Waiting since={reading.since} />
      {trouble !== undefined && <Alert type="warning">{problemOf(trouble).message}</Alert>}
    </SpaceBetween>
  )
}

const Waiting = ({ since }: { since: number }) => {
  const [now, setNow] = useState(since)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const seconds = Math.round((now - since) / 1_000)
  return seconds < PATIENCE_SECONDS ? null : (
    <Box color="text-body-secondary">{words.loadingFor(seconds)}</Box>
  )
}
