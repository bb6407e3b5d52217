// What may happen to one manager, and how often.
import fc from 'fast-check'

export type Step =
  | { readonly do: 'get' | 'get-and-leave' | 'reject' | 'clear' | 'adopt' | 'write' | 'fail-write' }
  | { readonly do: 'answer'; readonly with: 'token' | 'unavailable' | 'denied' | 'lost' | 'page' }
  | { readonly do: 'pass'; readonly ms: number }

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom<Step>({ do: 'get' }, { do: 'get' }, { do: 'get-and-leave' }, { do: 'reject' }),
    },
    {
      weight: 4,
      arbitrary: fc
        .constantFrom('token', 'token', 'token', 'unavailable', 'denied', 'lost', 'page')
        .map((kind): Step => ({ do: 'answer', with: kind as 'token' })),
    },
    { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'write' }, { do: 'fail-write' }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(1, 1_000, 20_000, 45_000, 100_000).map((ms): Step => ({ do: 'pass', ms })),
    },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'clear' }, { do: 'adopt' }) },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
)
