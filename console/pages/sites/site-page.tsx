import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { LIVE, useCall } from '../../api/use-call.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { RunProgress } from '../../components/run/run-progress.tsx'
import { navigation } from '../../text/navigation.ts'
import { sitePage as words } from '../../text/sites.ts'
import { PlanNow } from './plan-now.tsx'
import { SiteActions } from './site-actions.tsx'
import { NoPoints, SitePoints } from './site-points.tsx'
import { SiteRestores } from './site-restores.tsx'

/** All of one site: how it stands, what a run of it does, its points, its restores. */
export const Page = ({ siteId }: { siteId: string }) => {
  const { data, error, refetch } = useCall('getSite', { params: { siteId } }, { every: LIVE.list })
  if (!data)
    return (
      <PageWithoutData
        {...{ title: navigation.site, loading: words.loading, failed: words.failed, error }}
        onRetry={() => void refetch()}
      />
    )
  const { site, siteUuid, lastRun } = data
  const running = lastRun !== undefined && lastRun.ended === undefined
  return (
    <SpaceBetween size="l">
      {error !== null && (
        <ProblemAlert error={error} title={words.stale} onRetry={() => void refetch()} />
      )}
      <Header
        variant="h1"
        actions={<SiteActions view={data} />}
        {...(site.description !== undefined && { description: site.description })}
      >
        {site.name}
      </Header>
      {running && (
        <Container>
          <RunProgress runId={lastRun.runId} />
        </Container>
      )}
      <Container header={<Header variant="h2">{words.health}</Header>}>
        <PlanNow site={site} />
      </Container>
      {data.newest ? <SitePoints siteId={siteId} siteUuid={siteUuid} /> : <NoPoints />}
      <SiteRestores />
    </SpaceBetween>
  )
}
