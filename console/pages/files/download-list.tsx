import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import LiveRegion from '@cloudscape-design/components/live-region'
import ProgressBar from '@cloudscape-design/components/progress-bar'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { safeText } from '#core/safe-text.ts'
import { problemOf } from '../../api/problem.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { sizeText } from '../../components/size.ts'
import { files } from '../../text/files.ts'
import { type Download, isOpen } from './downloads.ts'
import { Notes } from './notes.tsx'
import { ShownName } from './shown-name.tsx'
import './files-page.css'

const words = files.downloads

interface Deeds {
  cancel: (id: string) => void
  retry: (id: string) => void
  remove: (id: string) => void
}

/** What was asked for, how far it is, and what came of it. */
export const DownloadList = ({ all, deeds }: { all: readonly Download[]; deeds: Deeds }) =>
  all.length === 0 ? null : (
    <Container
      header={
        <Header variant="h2" description={words.description}>
          {words.title}
        </Header>
      }
    >
      <LiveRegion hidden>{toldOf(all)}</LiveRegion>
      <ul className="downloads">
        {all.map(one => (
          <One key={one.id} one={one} deeds={deeds} />
        ))}
      </ul>
    </Container>
  )

/** For who does not see it: what ended, not each step of the way. */
const toldOf = (all: readonly Download[]): string =>
  all
    .filter(({ state }) => state === 'done' || state === 'failed')
    .map(({ state, name }) =>
      state === 'done' ? words.toldDone(safeText(name)) : words.toldFailed(safeText(name)),
    )
    .join(' ')

const One = ({ one, deeds }: { one: Download; deeds: Deeds }) => {
  const { id } = one
  const name = safeText(one.name)
  return (
    <li>
      <SpaceBetween size="xs">
        <strong>
          <ShownName name={one.name} />
        </strong>
        <State one={one} />
        <SpaceBetween direction="horizontal" size="xs">
          {isOpen(one) ? (
            <Button ariaLabel={words.cancelOf(name)} onClick={() => deeds.cancel(id)}>
              {words.cancel}
            </Button>
          ) : (
            <>
              {one.state !== 'done' && (
                <Button ariaLabel={words.againOf(name)} onClick={() => deeds.retry(id)}>
                  {words.again}
                </Button>
              )}
              <Button
                variant="link"
                ariaLabel={words.removeOf(name)}
                onClick={() => deeds.remove(id)}
              >
                {words.remove}
              </Button>
            </>
          )}
        </SpaceBetween>
      </SpaceBetween>
    </li>
  )
}

const State = ({ one }: { one: Download }) => {
  const { bytes, savedAs = '', notes = [] } = one
  switch (one.state) {
    case 'waiting':
      return <StatusIndicator type="pending">{words.waiting}</StatusIndicator>
    case 'running':
      return <Running one={one} />
    case 'cancelled':
      return <StatusIndicator type="stopped">{words.cancelled}</StatusIndicator>
    case 'failed':
      return <ProblemAlert error={one.error} title={words.failed(safeText(one.name))} />
    case 'done': {
      const isWhole = !notes.some(({ trouble }) => trouble)
      return (
        <SpaceBetween size="xs">
          <StatusIndicator type={isWhole ? 'success' : 'warning'}>
            {isWhole ? words.done : words.doneInPart}
          </StatusIndicator>
          <ShownName name={words.saved(sizeText(bytes), savedAs)} />
          <Notes of={safeText(one.name)} notes={notes} />
        </SpaceBetween>
      )
    }
  }
}

const Running = ({ one: { name, bytes, size, trouble } }: { one: Download }) => (
  <SpaceBetween size="xs">
    {size !== undefined && size > 0 ? (
      <ProgressBar
        ariaLabel={safeText(name)}
        value={Math.min(100, Math.floor((bytes / size) * 100))}
        additionalInfo={words.of(sizeText(bytes), sizeText(size))}
      />
    ) : (
      <StatusIndicator type="in-progress">{words.soFar(sizeText(bytes))}</StatusIndicator>
    )}
    {trouble !== undefined && <Alert type="warning">{problemOf(trouble).message}</Alert>}
  </SpaceBetween>
)
