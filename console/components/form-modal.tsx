import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { shell } from '../text/shell.ts'
import { Dialogue } from './dialogue.tsx'
import { ProblemAlert } from './problem-alert.tsx'

export interface FormModalProps {
  title: string
  children: ReactNode
  /** What the button says that does it. */
  action: string
  /** Whether what was typed can be sent. */
  ready: boolean
  busy: boolean
  error: unknown
  onSubmit: () => void
  onCancel: () => void
}

/** A question with an answer that is sent: by the button or the Enter key. What was typed stays when it fails. */
export const FormModal = ({
  title,
  children,
  action,
  ready,
  busy,
  error,
  onSubmit,
  onCancel,
}: FormModalProps) => {
  const submit = () => {
    if (ready && !busy) onSubmit()
  }
  return (
    <Dialogue
      title={title}
      onClose={onCancel}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onCancel}>
              {shell.cancel}
            </Button>
            <Button variant="primary" disabled={!ready} loading={busy} onClick={submit}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={event => {
          event.preventDefault()
          submit()
        }}
      >
        <SpaceBetween size="m">
          {error !== null && error !== undefined && <ProblemAlert error={error} />}
          {children}
        </SpaceBetween>
        {/* Without one in it, a form of two fields is not sent by the Enter key (HTML, implicit submission). */}
        <input type="submit" hidden />
      </form>
    </Dialogue>
  )
}
