import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { ReplicaDetail } from '#core/contracts/replica-detail.ts'
import { rhythmText } from '../../components/duration.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Ago, Time } from '../../components/time.tsx'
import { replication } from '../../text/replication.ts'
import { Age, Last, nameOf, Phase } from './columns.tsx'

const words = replication.page

/** What was said of a standby, how it stands, and what is proven of it. */
export const ReplicaFacts = ({ detail }: { detail: ReplicaDetail }) => {
  const { replica, origin, sr } = detail
  const { vmUuid, poolName, poolUuid, standby, phase, nextDue } = replica
  return (
    <Container header={<Header variant="h2">{words.facts}</Header>}>
      <KeyValuePairs
        columns={3}
        minColumnWidth={240}
        items={[
          {
            label: words.of,
            value: <PageLink to={`/vms/${vmUuid}`}>{nameOf(replica)}</PageLink>,
          },
          { label: words.origin, value: origin.name || origin.uuid },
          { label: replication.standing, value: <Phase phase={phase} /> },
          {
            label: words.standby,
            value: standby ? (
              <PageLink to={`/vms/${standby.uuid}`}>{standby.name || standby.uuid}</PageLink>
            ) : (
              words.noStandby
            ),
          },
          { label: replication.pool, value: poolName || poolUuid },
          { label: words.storage, value: sr ? (sr.name ?? sr.uuid) : words.defaultStorage },
          { label: words.networks, value: <Networks detail={detail} /> },
          { label: replication.newest, value: <Age age={replica.age} /> },
          { label: replication.rounds, value: <Rounds detail={detail} /> },
          {
            label: words.nextRound,
            value: phase === 'standing-by' ? <Time at={nextDue} /> : words.noRounds,
          },
          { label: words.readBack, value: <ReadBack detail={detail} /> },
          { label: replication.last, value: <Last last={replica.last} /> },
        ]}
      />
    </Container>
  )
}

const Networks = ({ detail: { networks } }: { detail: ReplicaDetail }) =>
  networks.length === 0
    ? words.noNetworks
    : networks.map(({ from, fromName, to, toName }) => (
        <div key={from}>
          {fromName ?? from} → {toName ?? to}
        </div>
      ))

const Rounds = ({ detail: { replica, rounds, created } }: { detail: ReplicaDetail }) => (
  <>
    {replication.every(rhythmText(replica.everySeconds))}
    <Box color="text-body-secondary">
      {words.roundsDone(rounds)} <Time at={created} />. {replication.missed(replica.missed)}.{' '}
      {replication.states(replica.keep)}.
    </Box>
  </>
)

const ReadBack = ({ detail: { replica, readBack } }: { detail: ReplicaDetail }) => (
  <>
    {readBack ? (
      <>
        <Ago at={readBack.at} />, {words.equal}
      </>
    ) : (
      words.neverReadBack
    )}
    <Box color="text-body-secondary">
      {replica.proveEvery === 0 ? words.noReadBack : words.readBackEvery(replica.proveEvery)}.
    </Box>
  </>
)
