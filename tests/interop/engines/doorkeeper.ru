# Doorkeeper with doorkeeper-openid_connect in the smallest Rails application there is: the provider in GitLab and
# Mastodon. ISSUER and PORTAL say where it and the portal are; its database is in the folder it is started in.
require "logger"
require "openssl"
require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "rack/cors"
require "doorkeeper"
require "doorkeeper/openid_connect"

ISSUER = ENV.fetch("ISSUER")
PORTAL = ENV.fetch("PORTAL")
ENV["DATABASE_URL"] = "sqlite3:#{Dir.pwd}/provider.sqlite"

class Provider < Rails::Application
  config.load_defaults 6.1
  config.root = Dir.pwd
  config.eager_load = false
  config.secret_key_base = "of the cookies" * 4
  config.logger = Logger.new($stdout)
  config.log_level = :warn

  # which neither of the two does itself
  config.middleware.insert_before 0, Rack::Cors do
    allow do
      origins PORTAL
      %w[/.well-known/* /oauth/discovery/* /oauth/token /oauth/userinfo /oauth/revoke].each do |path|
        resource path, headers: :any, methods: %i[get post options]
      end
    end
  end
end

class User < ActiveRecord::Base
end

Doorkeeper.configure do
  orm :active_record
  default_scopes :openid
  optional_scopes :profile, :email, :offline_access
  use_refresh_token
  force_ssl_in_redirect_uri false
  # public clients would be asked every time, and could not be signed in unseen
  skip_authorization { true }

  # with nil beside the redirect, prompt=none is answered with an error instead
  resource_owner_authenticator do
    User.find_by(id: session[:user]) || begin
      session[:return_to] = return_without_oidc_prompt_param("login")
      redirect_to "/login"
      nil
    end
  end
end

Doorkeeper::OpenidConnect.configure do
  issuer ISSUER
  signing_key OpenSSL::PKey::RSA.new(2048).to_pem
  protocol { :http }
  end_session_endpoint { "#{ISSUER}/logout" }
  subject { |user| user.id }
  resource_owner_from_access_token { |token| User.find_by(id: token.resource_owner_id) }
  auth_time_from_resource_owner { |user| user.signed_in_at }
  reauthenticate_resource_owner do |_user, return_to|
    session[:return_to] = return_to
    redirect_to "/login"
  end
  claims do
    claim(:email, scope: :email, response: %i[id_token user_info]) { |user| user.email }
    claim(:name, scope: :profile) { |user| user.name }
  end
end

class ApplicationController < ActionController::Base
end

class SessionsController < ApplicationController
  FORM = '<%= form_tag "/login" do %><%= text_field_tag :name %><%= submit_tag "Sign in" %><% end %>'

  def new
    render inline: FORM
  end

  def create
    user = User.find_by!(name: params[:name])
    user.update!(signed_in_at: Time.zone.now)
    session[:user] = user.id
    redirect_to session.delete(:return_to)
  end

  def destroy
    reset_session
    return redirect_to "/login" if params[:post_logout_redirect_uri] != "#{PORTAL}/"

    redirect_to "#{PORTAL}/?#{params.permit(:state).to_query}"
  end
end

Provider.initialize!

Provider.routes.draw do
  use_doorkeeper
  use_doorkeeper_openid_connect
  get "login", to: "sessions#new"
  post "login", to: "sessions#create"
  get "logout", to: "sessions#destroy"
end

load "#{__dir__}/doorkeeper.schema.rb"

User.create!(name: "alice", email: "alice@example.test")
Doorkeeper::Application.create!(
  name: "Portal", uid: "spa", confidential: false, redirect_uri: "#{PORTAL}/cb", scopes: "openid profile email offline_access",
)

run Provider
