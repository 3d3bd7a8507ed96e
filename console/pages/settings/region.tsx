import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import type { RegionReply } from '#core/contracts/region-api.ts'
import { useMay } from '../../api/may.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { Time } from '../../components/time.tsx'
import { settings } from '../../text/settings.ts'
import { TakeOverModal } from './take-over-modal.tsx'

const words = settings.region

export const Region = () => {
  const may = useMay()
  const [asks, setAsks] = useState(false)
  const { data, error, refetch } = useCall('getRegion', {}, { every: LIVE.slow })
  const isPair = data !== undefined && data.others.length > 0
  const mayNow = data?.standingBy
    ? may('takeOverRegion')
    : { disabled: true, disabledReason: words.only }
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            isPair && (
              <Button {...mayNow} onClick={() => setAsks(true)}>
                {words.takeOver}
              </Button>
            )
          }
        >
          {words.title}
        </Header>
      }
    >
      {error && <ProblemAlert error={error} title={words.failed} onRetry={() => void refetch()} />}
      {!data && !error && <StatusIndicator type="loading">{words.loading}</StatusIndicator>}
      {data && <Standing region={data} />}
      {data && asks && <TakeOverModal region={data} onClose={() => setAsks(false)} />}
    </Container>
  )
}

const Standing = ({
  region: { line, here, active, others, since, by, left },
}: {
  region: RegionReply
}) => (
  <SpaceBetween size="m">
    <Box>{line}</Box>
    <KeyValuePairs
      columns={3}
      items={[
        { label: words.here, value: here },
        { label: words.active, value: active },
        { label: words.others, value: others.join(', ') || words.alone },
        ...(since === undefined
          ? []
          : [
              {
                label: words.since,
                value: (
                  <>
                    <Time at={since} /> {by !== undefined && words.by(by)}
                  </>
                ),
              },
            ]),
        ...(left === undefined ? [] : [{ label: words.left, value: left.toLocaleString('en') }]),
      ]}
    />
  </SpaceBetween>
)
