import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { GuestDetail } from '#core/contracts/guests-api.ts'
import { Sign } from '../../components/sign.tsx'
import { Ago, Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { guests, guestPage as words } from '../../text/guests.ts'
import { Health, InVm } from './columns.tsx'

export const GuestFacts = ({ guest }: { guest: GuestDetail }) => {
  const { lastSeen, machine, osName, version, enrolled, factsAt, guestUuid } = guest
  return (
    <Container header={<Header variant="h2">{words.facts}</Header>}>
      <KeyValuePairs
        columns={3}
        minColumnWidth={220}
        items={[
          { label: guests.health, value: <Health guest={guest} /> },
          {
            label: guests.lastSeen,
            value: lastSeen === undefined ? guests.neverSeen : <Ago at={lastSeen} />,
          },
          { label: guests.vm, value: <InVm guest={guest} /> },
          { label: words.machine, value: <Words>{words.machineOf(machine, osName)}</Words> },
          { label: guests.version, value: version ?? guests.versionNotTold },
          { label: words.freeze, value: <Freeze freeze={guest.freeze} /> },
          {
            label: words.factsAt,
            value: factsAt === undefined ? words.factsNotYet : <Ago at={factsAt} />,
          },
          { label: words.key, value: <Key guest={guest} /> },
          { label: words.enrolled, value: <Time at={enrolled} /> },
          { label: words.uuid, value: guestUuid },
        ]}
      />
    </Container>
  )
}

const Key = ({ guest: { keySince, newKeyAsked } }: { guest: GuestDetail }) => (
  <>
    {keySince !== undefined && <Ago at={keySince} />}
    {newKeyAsked !== undefined && <Sign type="pending">{words.newKeyAsked}</Sign>}
  </>
)

const Freeze = ({ freeze }: Pick<GuestDetail, 'freeze'>) => {
  if (!freeze) return words.freezeNot
  const { mounts, recipes, problem } = freeze
  return (
    <>
      <Words>{[...mounts, ...recipes.map(words.freezeRecipe)].join(', ')}</Words>
      {problem !== undefined && <Sign type="error">{problem}</Sign>}
    </>
  )
}
