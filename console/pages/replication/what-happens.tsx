import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ForetoldDeed } from '#core/contracts/replica-detail.ts'
import { Sign } from '../../components/sign.tsx'
import { replication } from '../../text/replication.ts'

const words = replication.deeds

/** What a deed will do, as the API foretells it. */
export const WhatHappens = ({ steps, risk }: ForetoldDeed) => (
  <SpaceBetween size="s">
    {risk !== undefined && <Sign type="error">{risk}</Sign>}
    <div>
      <Box variant="awsui-key-label">{words.whatHappens}</Box>
      <ol>
        {steps.map(step => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </div>
  </SpaceBetween>
)
