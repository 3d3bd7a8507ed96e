import { FormModal } from '../../components/form-modal.tsx'
import { FailbackModal } from './failback-modal.tsx'
import { FailoverModal } from './failover-modal.tsx'
import { TestModal } from './test-modal.tsx'
import { type Deed, type DeedProps, useCommand } from './use-command.tsx'
import { WhatHappens } from './what-happens.tsx'

/** Says what a deed will do, asks what it has to know, and does it. */
export const DeedModal = ({ deed, ...props }: DeedProps & { deed: Deed }) => {
  switch (deed) {
    case 'test':
      return <TestModal {...props} />
    case 'failover':
      return <FailoverModal {...props} />
    case 'failback':
      return <FailbackModal {...props} />
    default:
      return <PlainModal deed={deed} {...props} />
  }
}

const PlainModal = ({ deed, ...props }: DeedProps & { deed: 'round' | 'stop' | 'resume' }) => {
  const { ask, dialogue } = useCommand(deed, props)
  return (
    <FormModal {...dialogue} ready onSubmit={() => ask({ command: deed })}>
      <WhatHappens {...props.detail.deeds[deed]} />
    </FormModal>
  )
}
