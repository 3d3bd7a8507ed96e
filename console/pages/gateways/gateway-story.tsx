import Header from '@cloudscape-design/components/header'
import Table from '@cloudscape-design/components/table'
import type { GatewayDetail } from '#core/contracts/gateways-api.ts'
import { StandingSign } from '../../components/standing-sign.tsx'
import { Time } from '../../components/time.tsx'
import { gateways } from '../../text/gateways.ts'

const words = gateways.page

/** Its health over time, in words. */
export const GatewayStory = ({ story }: Pick<GatewayDetail, 'story'>) => (
  <Table<GatewayDetail['story'][number]>
    variant="container"
    wrapLines
    ariaLabels={{ tableLabel: words.story }}
    header={
      <Header variant="h2" description={words.storyWhat}>
        {words.story}
      </Header>
    }
    items={story}
    empty={words.storyNone}
    columnDefinitions={[
      { id: 'when', header: words.when, minWidth: 180, cell: ({ at }) => <Time at={at} /> },
      {
        id: 'sign',
        header: gateways.health,
        cell: ({ standing }) => (
          <StandingSign standing={standing}>{words.signs[standing]}</StandingSign>
        ),
      },
      { id: 'what', header: words.what, cell: ({ text }) => text, isRowHeader: true },
    ]}
  />
)
