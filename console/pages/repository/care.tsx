import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { RepositoryView } from '#core/contracts/repository-api.ts'
import { useMay } from '../../api/may.ts'
import { sizeText } from '../../components/size.ts'
import { Ago, Time } from '../../components/time.tsx'
import { repository } from '../../text/repository.ts'

const words = repository.care

const number = (value: number): string => value.toLocaleString('en')

/** What was looked at and when, what was freed, and who does it. */
export const Care = ({
  view,
  onEdit,
  onNow,
}: {
  view: RepositoryView
  onEdit: () => void
  onNow: () => void
}) => {
  const may = useMay()
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button {...may('putMaintenanceSchedule')} onClick={onEdit}>
                {words.edit}
              </Button>
              <Button {...may('startRun')} onClick={onNow}>
                {words.now}
              </Button>
            </SpaceBetween>
          }
        >
          {words.title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Damage verification={view.verification} />
        <KeyValuePairs
          columns={3}
          items={[
            { label: words.verification, value: <Verification {...view} /> },
            { label: words.readBack, value: <ReadBack {...view} /> },
            { label: words.copy, value: <SecondCopy {...view} /> },
            { label: words.garbage, value: <Garbage {...view} /> },
            { label: words.retention, value: <Retention {...view} /> },
            { label: words.schedule, value: <Schedule {...view} /> },
            { label: words.gateways, value: <Gateways {...view} /> },
          ]}
        />
      </SpaceBetween>
    </Container>
  )
}

const Damage = ({ verification }: Pick<RepositoryView, 'verification'>) => {
  const { damages = 0, affected = [], findings = [] } = verification?.report ?? {}
  if (damages === 0) return null
  return (
    <Alert type="error" header={words.damage(number(damages), number(affected.length))}>
      {findings.slice(0, 5).map(({ message }) => (
        <div key={message}>{message}</div>
      ))}
      {words.damageAdvice}
    </Alert>
  )
}

const Verification = ({ verification }: Pick<RepositoryView, 'verification'>) => {
  if (!verification) return <StatusIndicator type="warning">{words.never}</StatusIndicator>
  const { at, state } = verification.report
  return (
    <>
      <div>
        <Time at={at} />
      </div>
      <div>{words.read(number(state.packs - state.never.packs), number(state.packs))}</div>
      {state.oldest !== undefined && (
        <div>
          {words.oldestRead}: <Ago at={state.oldest} />
        </div>
      )}
    </>
  )
}

const ReadBack = ({ readBack }: Pick<RepositoryView, 'readBack'>) => {
  if (!readBack) return '–'
  return (
    <>
      <div>{words.whole(number(readBack.whole), readBack.days)}</div>
      {readBack.overdue > 0 && (
        <StatusIndicator type="warning">{words.overdue(number(readBack.overdue))}</StatusIndicator>
      )}
    </>
  )
}

const SecondCopy = ({ replica }: Pick<RepositoryView, 'replica'>) => {
  if (!replica) return words.noCopy
  const { place, compared, trouble } = replica
  return (
    <>
      <div>
        {compared
          ? words.compared(number(compared.restorable), number(compared.points), place)
          : words.neverCompared(place)}
      </div>
      {compared && <Ago at={compared.asOf} />}
      {trouble && <div>{words.notCompared(trouble.message)}</div>}
    </>
  )
}

const Garbage = ({ collection }: Pick<RepositoryView, 'collection'>) => {
  if (!collection) return words.neverCollected
  const { at, removed, condemned, locked } = collection.report
  return (
    <>
      <div>
        {words.freed(sizeText(removed.bytes))}, <Ago at={at} />
      </div>
      {condemned.bytes > 0 && <div>{words.next(sizeText(condemned.bytes))}</div>}
      {locked.bytes > 0 && <div>{words.waits(sizeText(locked.bytes))}</div>}
    </>
  )
}

const Retention = ({ retention }: Pick<RepositoryView, 'retention'>) => {
  if (!retention) return words.neverLooked
  return (
    <>
      <div>
        {words.removed(number(retention.points))}, <Ago at={retention.at} />
      </div>
      {retention.left > 0 && (
        <StatusIndicator type="warning">{words.left(number(retention.left))}</StatusIndicator>
      )}
    </>
  )
}

const Schedule = ({ schedule }: Pick<RepositoryView, 'schedule'>) => {
  if (!schedule.enabled) return <StatusIndicator type="warning">{words.off}</StatusIndicator>
  return (
    <>
      <div>{words.daily(schedule.at, schedule.timeZone)}</div>
      {schedule.last !== undefined && (
        <div>
          {words.last} <Ago at={schedule.last} />
        </div>
      )}
      {schedule.trouble !== undefined && <div>{schedule.trouble}</div>}
    </>
  )
}

const Gateways = ({ gateways }: Pick<RepositoryView, 'gateways'>) =>
  gateways.length === 0 ? (
    <StatusIndicator type="warning">{words.nobody}</StatusIndicator>
  ) : (
    gateways.map(({ name, keeper }) => (keeper ? name : words.standingBy(name))).join(', ')
  )
