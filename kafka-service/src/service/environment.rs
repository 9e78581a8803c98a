//! The configuration as this program supports it: which features the linked client has is known only here.

use crate::config::{Config, ConfigError, Features, file_problems};

/// The features according to librdkafka if it is linked, else according to the cargo features of this crate.
fn features() -> Features {
    #[cfg(feature = "kafka")]
    if let Some(list) = crate::transport::kafka::built_in_features() {
        return Features::built_in(&list);
    }
    Features::compiled()
}

impl Config {
    /// Reads the configuration from the environment of this process. The service name defaults to the name of the
    /// binary.
    ///
    /// # Errors
    ///
    /// Returns all problems in one error: values that do not parse or are not allowed, conflicting settings, settings
    /// that need a cargo feature, files that cannot be read or used: the certificates and keys of the security settings.
    pub fn from_env() -> Result<Self, ConfigError> {
        let binary = std::env::current_exe().unwrap_or_default();
        let binary = binary.file_stem().unwrap_or_default().to_string_lossy();
        Self::read(std::env::vars_os(), |path| std::fs::read_to_string(path), file_problems, &binary, features())
    }

    /// Checks all settings and the files that they name, as [`start`](crate::KafkaService::start) does, except where OAUTHBEARER
    /// tokens come from: that depends on [`token_provider`](crate::KafkaService::token_provider).
    ///
    /// # Errors
    ///
    /// Returns all problems in one error; problems name the fields.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.validate_for(features(), file_problems)
    }

    /// The same for a program that has a token provider, or none.
    pub(super) fn validate_all(&self, has_provider: bool) -> Result<(), ConfigError> {
        self.validate_with_tokens(features(), file_problems, has_provider)
    }
}
