import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import Table from '@cloudscape-design/components/table'
import type { GatewayDetail } from '#core/contracts/gateways-api.ts'
import { gateways } from '../../text/gateways.ts'

const words = gateways.page

interface Row {
  days: string
  toRepository: string
  fromXenServer: string
}

/** What it may carry now and in the course of a week. */
export const GatewayPlan = ({
  gateway: { week, allowedNow, timeZone = '' },
}: {
  gateway: GatewayDetail
}) => {
  const now = allowedNow && {
    days: words.now,
    toRepository: allowedNow.toRepository.text,
    fromXenServer: allowedNow.fromXenServer.text,
  }
  return (
    <Table<Row>
      variant="container"
      wrapLines
      ariaLabels={{ tableLabel: words.plan }}
      header={
        <Header variant="h2" description={`${words.zone(timeZone)}. ${words.planWhat}`}>
          {words.plan}
        </Header>
      }
      items={week ? [...(now ? [now] : []), ...week] : []}
      trackBy="days"
      empty={<Box>{gateways.versionNotTold}</Box>}
      columnDefinitions={[
        { id: 'days', header: words.days, cell: ({ days }) => days, isRowHeader: true },
        {
          id: 'to',
          header: words.toRepository,
          cell: ({ toRepository }) => toRepository,
        },
        {
          id: 'from',
          header: words.fromXenServer,
          cell: ({ fromXenServer }) => fromXenServer,
        },
      ]}
    />
  )
}
