import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type FilterSearch, queryOf, rangeOf, replayOf } from './filter.ts'

const now = Date.parse('2026-01-31T12:00:00Z')
const given = (query: object) =>
  Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== '' && value !== undefined && value.length !== 0),
  )

suite('the filter of deliveries in the address', () => {
  test('is the query of the API', () => {
    const search = { tenant: 'acme', status: ['failed', 'cancelled'], httpStatus: '503', range: '1h' }
    assert.deepEqual(given(queryOf(search, now)), {
      tenant: 'acme',
      status: ['failed', 'cancelled'],
      httpStatus: '503',
      from: '2026-01-31T11:00:00.000Z',
    })
    assert.deepEqual(given(queryOf({}, now)), {})
  })

  test('failing is a condition of its own', () => {
    assert.deepEqual(given(queryOf({ status: 'failing' }, now)), { failing: true })
  })

  test('a range may be of the attempts, and may be given by its ends', () => {
    const ends = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' }
    assert.equal(rangeOf(ends), 'custom')
    assert.deepEqual(given(queryOf(ends, now)), ends)
    const { from, to } = ends
    assert.deepEqual(given(queryOf({ ...ends, time: 'attempted' }, now)), { attemptedFrom: from, attemptedTo: to })
    // The preset counts: an older link of another range must not mix with it.
    assert.deepEqual(given(queryOf({ ...ends, range: '24h' }, now)), { from: '2026-01-30T12:00:00.000Z' })
    assert.equal(rangeOf({ range: 'toString' }), 'all')
  })

  test('a replay gets exactly the filter, with all statuses where the list shows all', () => {
    const search = { tenant: 'acme', endpoint: 'ep_1', outcome: 'timedOut', range: '24h' }
    assert.deepEqual(replayOf(search, now), {
      search: {
        tenant: 'acme',
        endpoint: 'ep_1',
        eventType: '',
        outcome: 'timedOut',
        status: ['pending', 'delivered', 'failed', 'cancelled'],
        from: '2026-01-30T12:00:00.000Z',
        to: '',
      },
    })
  })

  test('a filter that a replay cannot have is refused with the reason', () => {
    const refused = (search: FilterSearch, reason: RegExp): void => {
      const made = replayOf(search, now)
      assert.match('refusal' in made ? made.refusal : '', reason)
    }
    refused({}, /tenant/)
    refused({ tenant: 'acme', httpStatus: '503' }, /HTTP status/)
    refused({ tenant: 'acme', status: 'failing' }, /by themselves/)
    refused({ tenant: 'acme', range: '1h', time: 'attempted' }, /time of creation/)
  })
})
