import Alert from '@cloudscape-design/components/alert'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { type ReactNode, useState } from 'react'
import { shell } from '../text/shell.ts'
import { FormModal, type FormModalProps } from './form-modal.tsx'

export interface ConfirmByNameProps
  extends Pick<FormModalProps, 'title' | 'action' | 'busy' | 'error' | 'onCancel'> {
  /** What will happen, and what cannot be taken back. */
  children: ReactNode
  /** What has to be typed. */
  name: string
  /** Besides, what has to be told, and whether it was. */
  more?: ReactNode
  ready?: boolean
  onConfirm: () => void
}

/** Asks for the name of what will be gone, so that nobody destroys the wrong thing by two quick clicks. */
export const ConfirmByName = ({
  children,
  name,
  more,
  ready = true,
  onConfirm,
  ...rest
}: ConfirmByNameProps) => {
  const [typed, setTyped] = useState('')
  return (
    <FormModal {...rest} ready={ready && typed.trim() === name.trim()} onSubmit={onConfirm}>
      <Alert type="warning">{children}</Alert>
      <FormField label={shell.typeName(name)}>
        <Input
          value={typed}
          autoFocus
          ariaRequired
          onChange={({ detail }) => setTyped(detail.value)}
        />
      </FormField>
      {more}
    </FormModal>
  )
}
