import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs, {
  type KeyValuePairsProps,
} from '@cloudscape-design/components/key-value-pairs'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { VmDetail } from '#core/contracts/vms-api.ts'
import { sizeText } from '../../components/size.ts'
import { Ago, Time } from '../../components/time.tsx'
import { vm as words } from '../../text/vm.ts'

export const VmFacts = ({ detail }: { detail: VmDetail }) => (
  <Container header={<Header variant="h2">{words.facts}</Header>}>
    <KeyValuePairs
      columns={4}
      minColumnWidth={200}
      items={[...ofMachine(detail), ...ofPoints(detail)]}
    />
  </Container>
)

const ofMachine = ({ uuid, vm, seen }: VmDetail): KeyValuePairsProps.Item[] => [
  ...(vm
    ? [
        { label: words.state, value: vm.powerState },
        { label: words.pool, value: vm.poolName || vm.poolUuid },
        { label: words.host, value: vm.host ?? words.noHost },
        { label: words.tags, value: vm.tags.join(', ') || words.none },
        ...(vm.description === '' ? [] : [{ label: words.description, value: vm.description }]),
      ]
    : []),
  { label: words.uuid, value: uuid },
  ...(seen === undefined ? [] : [{ label: words.seen, value: <Ago at={seen} /> }]),
]

const ofPoints = ({ points }: VmDetail): KeyValuePairsProps.Item[] => {
  const { count, oldest, newest, bytesStored, locked, lockedUntil, vanished } = points
  if (count === 0) return [{ label: words.points, value: words.noPoint }]
  return [
    { label: words.points, value: words.pointsOf(count, sizeText(bytesStored)) },
    ...(newest === undefined ? [] : [{ label: words.newest, value: <Ago at={newest} /> }]),
    ...(oldest === undefined ? [] : [{ label: words.oldest, value: <Ago at={oldest} /> }]),
    {
      label: words.locked,
      value:
        lockedUntil === undefined ? (
          words.noLock
        ) : (
          <>
            {words.lockedOf(locked, count)} <Time at={lockedUntil} />
          </>
        ),
    },
    ...(vanished === 0
      ? []
      : [
          {
            label: words.points,
            value: <StatusIndicator type="error">{words.vanished(vanished)}</StatusIndicator>,
          },
        ]),
  ]
}
