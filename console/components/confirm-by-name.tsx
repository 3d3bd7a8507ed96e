import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { shell } from '../text/shell.ts'
import { ProblemAlert } from './problem-alert.tsx'

export interface ConfirmByNameProps {
  title: string
  /** What will happen, and what cannot be taken back. */
  children: ReactNode
  /** What has to be typed. */
  name: string
  action: string
  busy: boolean
  error: unknown
  onConfirm: () => void
  onCancel: () => void
}

/** Asks for the name of what will be gone, so that nobody destroys the wrong thing by two quick clicks. */
export const ConfirmByName = ({
  title,
  children,
  name,
  action,
  busy,
  error,
  onConfirm,
  onCancel,
}: ConfirmByNameProps) => {
  const [typed, setTyped] = useState('')
  const matches = typed.trim() === name.trim()
  const confirm = () => {
    if (matches && !busy) onConfirm()
  }
  return (
    <Modal
      visible
      header={title}
      closeAriaLabel={shell.close}
      onDismiss={onCancel}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onCancel}>
              {shell.cancel}
            </Button>
            <Button variant="primary" disabled={!matches} loading={busy} onClick={confirm}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={event => {
          event.preventDefault()
          confirm()
        }}
      >
        <SpaceBetween size="m">
          {error !== null && error !== undefined && <ProblemAlert error={error} />}
          <Alert type="warning">{children}</Alert>
          <FormField label={`To confirm, type ${name}`}>
            <Input
              value={typed}
              autoFocus
              ariaRequired
              onChange={({ detail }) => setTyped(detail.value)}
            />
          </FormField>
        </SpaceBetween>
      </form>
    </Modal>
  )
}
