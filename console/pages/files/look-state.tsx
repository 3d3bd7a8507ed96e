import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useEffect, useState } from 'react'
import { PageLink } from '../../components/page-link.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { files } from '../../text/files.ts'
import type { Look } from './look.ts'

const words = files.look

/** After which it is told that no gateway has taken it up, in ms: more than one needs that is there. */
const SLOW_MS = 25_000

/** How the look stands, where there is something to say or to do. */
export const LookState = ({ look, begin }: { look: Look; begin: () => void }) => {
  const again = <Button onClick={begin}>{words.again}</Button>
  switch (look.state) {
    case 'closed':
      return (
        <Alert type="info" action={<Button onClick={begin}>{words.begin}</Button>}>
          {words.needsApproval}
        </Alert>
      )
    case 'refused':
      return <ProblemAlert error={look.error} title={words.startRefused} onRetry={begin} />
    case 'starting':
      return <Starting key={look.runId} line={look.line} />
    case 'approval':
      return (
        <Alert type="info" header={words.waiting}>
          <Box variant="p">{look.line}</Box>
          <Box variant="p">{words.waitingAdvice}</Box>
          <PageLink to={`/runs/${look.runId}`}>{words.showRun}</PageLink>
        </Alert>
      )
    case 'ready':
      return null
    case 'ended':
      if (look.problem)
        return <ProblemAlert error={look.problem} title={words.startFailed} onRetry={begin} />
      return (
        <Alert type="info" header={words.endedTitle} action={again}>
          <Box variant="p">{words.ended}</Box>
          <Box variant="p">{look.line}</Box>
        </Alert>
      )
  }
}

const Starting = ({ line }: { line: string | undefined }) => {
  const [isSlow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <SpaceBetween size="xs">
      <StatusIndicator type="loading">{words.starting}</StatusIndicator>
      {line !== undefined && <Box color="text-body-secondary">{line}</Box>}
      {isSlow && (
        <Alert type="warning">
          {words.slow} <PageLink to="/gateways">{words.gateways}</PageLink>
        </Alert>
      )}
    </SpaceBetween>
  )
}
