import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import Table from '@cloudscape-design/components/table'
import type { GatewayDetail } from '#core/contracts/gateways-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { gateways } from '../../text/gateways.ts'

const words = gateways.page

/** What it works on now. */
export const GatewayJobs = ({
  gateway: { jobs, freeSlots, about },
}: {
  gateway: GatewayDetail
}) => (
  <Table<GatewayDetail['jobs'][number]>
    variant="container"
    wrapLines
    ariaLabels={{ tableLabel: words.jobs }}
    header={
      <Header
        variant="h2"
        counter={`(${jobs.length})`}
        description={about && freeSlots !== undefined && words.slots(freeSlots, about.slots)}
      >
        {words.jobs}
      </Header>
    }
    items={jobs}
    trackBy="jobId"
    empty={
      <>
        <Box variant="strong">{words.noJobs}</Box>
        <Box color="text-body-secondary">{words.noJobsAdvice}</Box>
      </>
    }
    columnDefinitions={[
      { id: 'subject', header: words.subject, cell: ({ subject }) => subject, isRowHeader: true },
      { id: 'doing', header: words.doing, cell: ({ line }) => line },
      {
        id: 'run',
        header: words.run,
        cell: ({ runId, subject }) => (
          <PageLink to={`/runs/${runId}`} label={words.showRunOf(subject)}>
            {words.showRun}
          </PageLink>
        ),
      },
    ]}
  />
)
