import Alert from '@cloudscape-design/components/alert'
import { files } from '../../text/files.ts'
import type { Note } from './contents.ts'
import { ShownName } from './shown-name.tsx'

const words = files.notes

/** As many as somebody reads; the rest is counted. */
const SHOWN = 20

/** What the reader of a guest's files said beside the answer. */
export const Notes = ({ of, notes }: { of: string; notes: readonly Note[] }) =>
  notes.length === 0 ? null : (
    <Alert type={notes.some(({ trouble }) => trouble) ? 'warning' : 'info'} header={words.of(of)}>
      <ul>
        {notes.slice(0, SHOWN).map(({ message }) => (
          <li key={message}>
            <ShownName name={message} />
          </li>
        ))}
      </ul>
      {notes.length > SHOWN && words.more(notes.length - SHOWN)}
    </Alert>
  )
