import Alert from '@cloudscape-design/components/alert'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { type ReactNode, useMemo } from 'react'
import { useCall } from '../../api/use-call.ts'
import { PageLink } from '../../components/page-link.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { files } from '../../text/files.ts'
import { BrowsePoint } from './browse-point.tsx'
import { placeOf } from './place.ts'
import { disksOf } from './point.ts'

const words = files.point

/** The point of the address, where it has files to browse; else why not. */
export const PointToBrowse = ({
  pointId,
  params,
}: {
  pointId: string
  params: URLSearchParams
}) => {
  const { data, error, refetch } = useCall(
    'listPoints',
    { query: { point: pointId } },
    { every: false },
  )
  const place = useMemo(() => placeOf(params), [params])
  const point = data?.items[0]
  if (point && disksOf(point).length > 0) return <BrowsePoint point={point} place={place} />
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={<PageLink to="/files">{words.other}</PageLink>}>
        {point ? words.of(point.vmName) : files.title}
      </Header>
      {error && <ProblemAlert error={error} title={words.failed} onRetry={() => void refetch()} />}
      {!data && !error && <StatusIndicator type="loading">{words.loading}</StatusIndicator>}
      {data && !point && <Alert header={words.gone}>{words.goneAdvice}</Alert>}
      {point && <Alert header={words.noDisks}>{adviceOf(point.kind)}</Alert>}
    </SpaceBetween>
  )
}

const adviceOf = (kind: string | undefined): ReactNode =>
  kind === 'host' || kind === 'pool-metadata'
    ? words.noDisksAdvice[kind]
    : words.noDisksAdvice.other
