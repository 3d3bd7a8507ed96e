import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table from '@cloudscape-design/components/table'
import type { GatewayDetail } from '#core/contracts/gateways-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Ago } from '../../components/time.tsx'
import { gateways } from '../../text/gateways.ts'

const words = gateways.page

type Pool = GatewayDetail['served'][number]

/** Which pools it serves, and whose jobs it gets. Why one does not answer stands with its health. */
export const GatewayPools = ({ gateway: { served, gatewayId } }: { gateway: GatewayDetail }) => (
  <Table<Pool>
    variant="container"
    wrapLines
    ariaLabels={{ tableLabel: words.pools }}
    header={<Header variant="h2">{words.pools}</Header>}
    items={served}
    trackBy="uuid"
    empty={
      <SpaceBetween size="xxs">
        <Box variant="strong">{words.poolsNone}</Box>
        <Box color="text-body-secondary">{words.poolsNoneAdvice}</Box>
      </SpaceBetween>
    }
    columnDefinitions={[
      { id: 'pool', header: words.pool, cell: ({ name, uuid }) => name || uuid, isRowHeader: true },
      {
        id: 'answers',
        header: words.answers,
        cell: ({ reached }) => (
          <StatusIndicator type={reached ? 'success' : 'error'}>
            {reached ? words.answersYes : words.answersNo}
          </StatusIndicator>
        ),
      },
      {
        id: 'keeper',
        header: words.keeper,
        cell: ({ keeper }) => {
          if (!keeper) return words.nobody
          if (keeper.gatewayId === gatewayId) return words.thisOne
          return <PageLink to={`/gateways/${keeper.gatewayId}`}>{keeper.name}</PageLink>
        },
      },
      {
        id: 'told',
        header: words.told,
        cell: ({ told }) => (told === undefined ? words.notToldYet : <Ago at={told} />),
      },
    ]}
  />
)
