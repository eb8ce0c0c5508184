module.exports = {
  setup() {
    throw new Error("no telemetry here");
  },
  TelemetryClient: class {},
  Contracts: {},
  defaultClient: null,
};
