import Badge from '@cloudscape-design/components/badge'
import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Steps, { type StepsProps } from '@cloudscape-design/components/steps'
import { isGoodBoot } from '#core/contracts/boot-check.ts'
import type { ReplicaDetail } from '#core/contracts/replica-detail.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Ago, Time } from '../../components/time.tsx'
import { replication } from '../../text/replication.ts'

const words = replication.page

/** What a failover or a test can start, with what is proven of each. */
export const States = ({ detail: { states } }: { detail: ReplicaDetail }) => (
  <Container
    header={
      <Header
        variant="h2"
        counter={`(${states.length.toLocaleString('en')})`}
        description={words.statesDescription}
      >
        {words.statesTitle}
      </Header>
    }
  >
    {states.length === 0 ? (
      <Box color="text-body-secondary">{words.noStates}</Box>
    ) : (
      <Steps ariaLabel={words.statesTitle} steps={states.map(stepOf)} />
    )}
  </Container>
)

const stepOf = (
  { taken, pointId, test }: ReplicaDetail['states'][number],
  index: number,
): StepsProps.Step => {
  const status = test ? (isGoodBoot(test) ? 'success' : 'error') : 'pending'
  return {
    status,
    header: (
      <>
        <Time at={taken} /> (<Ago at={taken} />){' '}
        {index === 0 && <Badge color="blue">{words.current}</Badge>}
      </>
    ),
    details: (
      <>
        <div>{test ? test.sentence : words.notTested}</div>
        <Box color="text-body-secondary" fontSize="body-s">
          {words.ofPoint} {pointId}
          {test && (
            <>
              {' · '}
              <PageLink to={`/boot-checks/${pointId}`}>{words.proof}</PageLink>
            </>
          )}
        </Box>
      </>
    ),
  }
}
