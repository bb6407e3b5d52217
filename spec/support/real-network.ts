import nock from 'nock'

/** Restores the `fetch` and `http` of the platform, which nock replaces, for a describe block. */
export function realNetwork(): void {
  before(() => {
    nock.restore()
  })
  after(() => {
    nock.activate()
  })
}
